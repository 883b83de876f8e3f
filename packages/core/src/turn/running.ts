/**
 * Which loop is running in this thread.
 *
 * Code that a loop has started, in whatever turn or callback of Node it goes on, is on that loop: its async context
 * says so. Where the context knows none, it is the loop whose turn runs, or the one that was started last and has not
 * ended.
 */
import { InvalidStateError } from '../base/errors.ts'
import type { LoopState } from './loop-state.ts'
import type { Scope } from './scope.ts'
import { scopes } from './scope.ts'

let inTurn: LoopState | null = null
const started: LoopState[] = []

/** Makes `state` the loop of the turn that begins, or none when it ends. */
export function setInTurn(state: LoopState | null): void {
  if (inTurn !== null) inTurn.turning = false
  if (state !== null) state.turning = true
  inTurn = state
}

/** Notes that a loop began to run. */
export function noteStarted(state: LoopState): void {
  started.push(state)
  state.running = true
}

/** Notes that a loop stopped. */
export function noteStopped(state: LoopState): void {
  started.splice(started.lastIndexOf(state), 1)
  state.running = false
}

/** The state of the running loop, or null. */
export function runningState(): LoopState | null {
  if (inTurn !== null && (!inTurn.inContext || inTurn.calling !== null)) return inTurn
  const mine = scopes.getStore()?.state as LoopState | undefined
  if (mine?.running === true) return mine
  // Code that a loop has left behind must not go on on a loop of somebody else.
  if (mine?.closed === true) return null
  return inTurn ?? started.at(-1) ?? null
}

/** The scope of the calling code on the running loop. Throws InvalidStateError when none runs. */
export function requireScope(what: string): Scope {
  // The usual case, with one look at the context: code of a running loop.
  if (inTurn === null || (inTurn.inContext && inTurn.calling === null)) {
    const scope = scopes.getStore()
    const mine = scope?.state as LoopState | undefined
    if (mine?.running === true) return mine.present(scope!) ?? mine.outside
  }
  const state = requireRunning(what)
  return state.currentScope() ?? state.outside
}

/** The state of the running loop; throws InvalidStateError when none runs. */
export function requireRunning(what: string): LoopState {
  const state = runningState()
  if (state === null) throw new InvalidStateError(`${what} needs a running event loop; call it from inside run(main)`)
  return state
}
