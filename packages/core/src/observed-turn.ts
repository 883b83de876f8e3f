import type { LoopObserver, ReadyEvents, Runnable } from './contracts.ts'
import type { LoopState } from './state.ts'
import { collectReady, nextWait } from './turn.ts'

/** The turn of `turn.ts` while observers watch: the same order, with each step told and timed. */
export function observedTurn(
  state: LoopState,
  observer: LoopObserver,
  events: ReadyEvents,
  drain: () => void,
  now: () => number,
): number | null {
  const firedBefore = state.timersFired
  observer.turnStarted?.(state.turns + 1)
  const handles = collectReady(state, events)
  for (let left = handles; left > 0; left--) {
    const runnable = state.ready.shift()!
    const started = now()
    observer.handleStarted?.(runnable)
    try {
      runnable.run()
      drain()
    } finally {
      observer.handleEnded?.(runnable, now() - started)
      state.current = null
    }
  }
  const wait = nextWait(state)
  const { turns } = state
  observer.turnEnded?.({ turn: turns, events: events.length, timers: state.timersFired - firedBefore, handles, wait })
  return wait
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
  const known = runnable as { getName?: () => string; target?: { name: string } | null }
  return known.getName?.() ?? known.target?.name ?? 'wake-up'
}
