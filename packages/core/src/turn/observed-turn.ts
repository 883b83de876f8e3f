import type { LoopObserver, Runnable } from '../contracts/observe.ts'
import type { ReadyEvents } from '../contracts/selector.ts'
import type { LoopState } from './loop-state.ts'
import { collectReady, nextWait } from './turn.ts'

/** The turn of `turn.ts` while observers watch: the same order, with each step told and timed. */
export function observedTurn(
  state: LoopState,
  observer: LoopObserver,
  events: ReadyEvents,
  drain: () => void,
  now: () => number,
): number | null {
  const watch = new TurnWatch(state, observer, events, now)
  let wait: number | null
  try {
    for (let left = watch.handles; left > 0; left--) {
      const runnable = state.ready.shift()!
      watch.handleStarted(runnable)
      try {
        runnable.run()
        drain()
      } finally {
        watch.handleEnded()
        state.current = null
        if (state.watcher !== null) state.checkTicks(state.watcher, runnable)
      }
    }
  } finally {
    // Also when the program's own nextTick callback threw: what that leaves runs in the next turn.
    wait = watch.end()
  }
  return wait
}

/** The stepwise turn of `turn.ts` while observers watch. */
export function observedTurnStepwise(
  state: LoopState,
  observer: LoopObserver,
  events: ReadyEvents,
  afterMicrotasks: (callback: () => void) => void,
  now: () => number,
  done: (wait: number | null) => void,
): void {
  const watch = new TurnWatch(state, observer, events, now)
  let left = watch.handles
  let runnable: Runnable | null = null
  const next = (): void => {
    watch.handleEnded()
    state.current = null
    if (state.watcher !== null) state.checkTicks(state.watcher, runnable)
    if (left-- <= 0) {
      done(watch.end())
      return
    }
    runnable = state.ready.shift()!
    afterMicrotasks(next)
    watch.handleStarted(runnable)
    runnable.run()
  }
  next()
}

/** Tells an observer of one turn: `handles (handleStarted handleEnded)* end`. */
class TurnWatch {
  /** Handles that this turn runs. */
  readonly handles: number
  private readonly firedBefore: number
  private runnable: Runnable | null = null
  private started = 0

  constructor(
    private readonly state: LoopState,
    private readonly observer: LoopObserver,
    private readonly events: ReadyEvents,
    private readonly now: () => number,
  ) {
    this.firedBefore = state.timersFired
    observer.turnStarted?.(state.turns + 1)
    this.handles = collectReady(state, events)
  }

  handleStarted(runnable: Runnable): void {
    this.runnable = runnable
    this.started = this.now()
    this.observer.handleStarted?.(runnable)
  }

  /** The microtasks of the handle have run, too. Nothing when none was started. */
  handleEnded(): void {
    const { runnable } = this
    if (runnable === null) return
    this.runnable = null
    this.observer.handleEnded?.(runnable, this.now() - this.started)
  }

  /** The turn is over; the wait that follows. */
  end(): number | null {
    const { state, events, firedBefore, handles } = this
    const wait = nextWait(state)
    this.observer.turnEnded?.({
      turn: state.turns,
      events: events.length,
      timers: state.timersFired - firedBefore,
      handles,
      wait,
    })
    return wait
  }
}

/** One observer that stands for several, or null for none. What a member throws is reported and harms nobody else. */
export function combineObservers(
  observers: readonly LoopObserver[],
  report: (error: unknown) => void,
): LoopObserver | null {
  if (observers.length === 0) return null
  const combined: LoopObserver = {}
  for (const member of MEMBERS) {
    const watching = observers.filter((observer) => observer[member] !== undefined)
    if (watching.length === 0) continue
    combined[member] = (...told: unknown[]) => {
      for (const observer of watching) {
        try {
          ;(observer[member] as (...told: unknown[]) => void)(...told)
        } catch (error) {
          report(error)
        }
      }
    }
  }
  return combined
}

const MEMBERS = [
  'scheduled',
  'turnStarted',
  'turnEnded',
  'handleStarted',
  'handleEnded',
  'taskCreated',
  'taskDone',
] as const satisfies readonly (keyof LoopObserver)[]

/** Kept for readers of traces: what a runnable is called. */
export function nameOfRunnable(runnable: Runnable): string {
  const known = runnable as {
    getName?: () => string
    target?: { name: string } | null
    task?: { getName?: () => string } | null
  }
  return known.getName?.() ?? known.target?.name ?? known.task?.getName?.() ?? 'wake-up'
}
