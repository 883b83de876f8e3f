import type { LoopObserver, Runnable } from '../contracts/observe.ts'
import type { LoopState } from './loop-state.ts'
import type { TurnWatch } from './turn.ts'

/** Reports one turn to an observer: what it did, and how long each handle took. */
export class ObservedTurn implements TurnWatch {
  private readonly events: number
  private readonly timers: number
  private readonly handles: number
  private runnable: Runnable | null = null
  private handleStartedAt = 0
  private ended = false

  constructor(
    private readonly state: LoopState,
    private readonly observer: LoopObserver,
    private readonly now: () => number,
  ) {
    this.events = state.events
    this.timers = state.timersFired
    this.handles = state.handles
  }

  turnStarted(): void {
    this.observer.turnStarted?.(this.state.turns + 1)
  }

  handleStarted(runnable: Runnable): void {
    this.runnable = runnable
    this.handleStartedAt = this.now()
    this.observer.handleStarted?.(runnable)
  }

  handleEnded(): void {
    const runnable = this.runnable!
    this.runnable = null
    this.observer.handleEnded?.(runnable, this.now() - this.handleStartedAt)
  }

  turnEnded(wait: number | null): void {
    const { state, events, timers, handles } = this
    this.ended = true
    this.observer.turnEnded?.({
      turn: state.turns,
      events: state.events - events,
      timers: state.timersFired - timers,
      handles: state.handles - handles,
      wait,
    })
  }

  brokenOff(): void {
    if (this.ended) return
    if (this.runnable !== null) this.handleEnded()
    this.turnEnded(0)
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
    combined[member] = (...args: unknown[]) => {
      for (const observer of watching) {
        try {
          ;(observer[member] as (...args: unknown[]) => void)(...args)
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
