/**
 * Which loop is running in this thread.
 *
 * Code that a loop has started, in whatever turn or callback of Node it goes on, is on that loop: its async context says so.
 * Where the context knows none, it is the loop whose turn runs, or the one that was started last and has not ended.
 */
import { InvalidStateError } from './errors.ts'
import type { Place } from './place.ts'
import { places } from './place.ts'
import type { LoopState } from './state.ts'

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
  const mine = places.getStore()?.state
  if (mine?.running === true) return mine
  // Code that a loop has left behind must not go on on a loop of somebody else.
  if (mine?.closed === true) return null
  return inTurn ?? started.at(-1) ?? null
}

/** Where the calling code runs: a place of the running loop. Throws InvalidStateError when none runs. */
export function requireHere(what: string): Place {
  if (inTurn === null || (inTurn.inContext && inTurn.calling === null)) {
    const place = places.getStore()
    if (place?.state.running === true) return place.state.present(place) ?? place.state.nowhere
  }
  const state = requireRunning(what)
  return state.currentPlace() ?? state.nowhere
}

/** The state of the running loop; throws InvalidStateError when none runs. */
export function requireRunning(what: string): LoopState {
  const state = runningState()
  if (state === null) throw new InvalidStateError(`${what} needs a running event loop; call it from inside run(main)`)
  return state
}
