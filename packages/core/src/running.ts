/**
 * Which loop is running in this thread.
 *
 * During a turn that is clear. Between turns Node's own callbacks run (after a bare `await fetch(…)`, say); there the
 * answer is the loop that was started last and has not ended.
 */
import { InvalidStateError } from './errors.ts'
import type { LoopState } from './state.ts'

let inTurn: LoopState | null = null
const started: LoopState[] = []

/** Makes `state` the loop of the turn that begins, or none when it ends. */
export function setInTurn(state: LoopState | null): void {
  inTurn = state
}

/** Notes that a loop began to run. */
export function noteStarted(state: LoopState): void {
  started.push(state)
}

/** Notes that a loop stopped. */
export function noteStopped(state: LoopState): void {
  started.splice(started.lastIndexOf(state), 1)
}

/** The state of the running loop, or null. */
export function runningState(): LoopState | null {
  return inTurn ?? started.at(-1) ?? null
}

/** The state of the running loop; throws InvalidStateError when none runs. */
export function requireRunning(what: string): LoopState {
  const state = runningState()
  if (state === null) throw new InvalidStateError(`${what} needs a running event loop; call it from inside run(main)`)
  return state
}
