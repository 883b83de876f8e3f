/**
 * One turn of the loop:
 *
 *     events of the selector ─┐
 *     timers that are due  ───┴─> ready queue ──> run what is ready now, one by one ──> how long to wait
 *
 * What a handle adds runs in the next turn, after another look at I/O and timers.
 */
import type { Runnable } from '../contracts/observe.ts'
import type { ReadyEvents } from '../contracts/selector.ts'
import type { IoRegistry } from './io-registry.ts'
import type { LoopState } from './loop-state.ts'

/**
 * A timer is due when it is due within this: one nanosecond, the clock's resolution, so that rounding never costs an
 * empty turn.
 */
const CLOCK_RESOLUTION_MS = 1e-6

/** Hears of the steps of one turn: `turnStarted (handleStarted handleEnded)* (turnEnded | brokenOff)`. */
export interface TurnWatch {
  turnStarted(): void
  handleStarted(runnable: Runnable): void
  /** The microtasks of the handle have run, too. */
  handleEnded(): void
  turnEnded(wait: number | null): void
  /** An error of the host ended the turn early; nothing after `turnEnded`. */
  brokenOff(): void
}

/** Runs one turn and returns the wait that follows: 0, milliseconds, or null until woken. */
export function turn(
  state: LoopState,
  io: IoRegistry,
  events: ReadyEvents,
  drain: () => void,
  watch: TurnWatch | null,
): number | null {
  if (watch !== null) watch.turnStarted()
  const { ready } = state
  for (let left = collectReady(state, io, events); left > 0; left--) {
    // The order of everything: one handle, then every microtask it caused, then the next handle.
    const runnable = ready.shift()
    // The loop was abandoned in its own turn.
    if (runnable === undefined) return null
    if (watch !== null) watch.handleStarted(runnable)
    runnable.run()
    drain()
    endHandle(state, runnable, watch)
  }
  return endTurn(state, watch)
}

/**
 * The same turn for a host whose microtasks can be drained only by returning to it: `afterMicrotasks` calls back once
 * none is left. `done` takes the wait.
 */
export function turnStepwise(
  state: LoopState,
  io: IoRegistry,
  events: ReadyEvents,
  afterMicrotasks: (callback: () => void) => void,
  watch: TurnWatch | null,
  done: (wait: number | null) => void,
): void {
  if (watch !== null) watch.turnStarted()
  let left = collectReady(state, io, events)
  const next = (): void => {
    if (left-- <= 0) {
      done(endTurn(state, watch))
      return
    }
    const runnable = state.ready.shift()
    if (runnable === undefined) {
      done(null)
      return
    }
    afterMicrotasks(() => {
      endHandle(state, runnable, watch)
      next()
    })
    if (watch !== null) watch.handleStarted(runnable)
    runnable.run()
  }
  next()
}

function endHandle(state: LoopState, runnable: Runnable, watch: TurnWatch | null): void {
  if (watch !== null) watch.handleEnded()
  state.current = null
  if (state.watcher !== null) state.checkTicks(state.watcher, runnable)
}

function endTurn(state: LoopState, watch: TurnWatch | null): number | null {
  const wait = nextWait(state)
  if (watch !== null) watch.turnEnded(wait)
  return wait
}

/** Moves events and due timers to the ready queue; how many entries this turn runs. */
function collectReady(state: LoopState, io: IoRegistry, events: ReadyEvents): number {
  state.turns++
  if (state.watcher !== null) state.checkTicks(state.watcher, null)
  if (events.length > 0) {
    state.events += events.length
    io.dispatch(state.order === null ? events : state.order.orderEvents(events))
  }
  const { timers, ready } = state
  if (timers.size > 0) {
    const now = state.clock.now() + CLOCK_RESOLUTION_MS
    for (let timer = timers.popDue(now); timer !== undefined; timer = timers.popDue(now)) {
      timer.due()
      state.timersFired++
      ready.push(timer)
    }
  }
  state.handles += ready.length
  return ready.length
}

/** How long the loop may wait before its next turn. */
export function nextWait(state: LoopState): number | null {
  state.turnEnded()
  if (state.ready.length > 0 || state.stopping) return 0
  const { timers } = state
  const deadline = timers.size > 0 ? timers.nextDeadline() : Infinity
  return deadline === Infinity ? null : Math.max(0, deadline - state.clock.now())
}
