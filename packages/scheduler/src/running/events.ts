import { isWaitable } from '../base/invoke.ts'
import { JobOptionError } from '../errors.ts'
import { suggestion } from '../base/suggestion.ts'
import type { StoreTrouble } from '../store/store-access.ts'
import type { ClockJump } from '../base/wall-clock.ts'

/** What the listeners of each event get. */
export interface SchedulerEvents {
  /** A try begins. */
  run: {
    readonly name: string
    readonly key: string
    readonly scheduledFor: Date
    readonly startedAt: Date
    readonly attempt: number
  }
  /** A run ended well; `duration` in milliseconds. */
  success: {
    readonly name: string
    readonly key: string
    readonly scheduledFor: Date
    readonly duration: number
    readonly result: unknown
  }
  /**
   * A try failed. It is repeated in `retryIn` milliseconds, or (null) not. Without a listener, what is not repeated
   * goes to the loop's exception handler.
   */
  failure: {
    readonly name: string
    readonly key: string
    readonly scheduledFor: Date
    readonly attempt: number
    readonly error: unknown
    readonly retryIn: number | null
  }
  /**
   * Occurrences passed without a run of their own. `count` of them, from `first` to `last`; 'skipped' by policy or
   * because they are older than the window, 'merged' into one run, or 'caughtUp': run late, each.
   */
  missed: {
    readonly name: string
    readonly count: number
    readonly first: Date
    readonly last: Date
    readonly action: 'skipped' | 'merged' | 'caughtUp'
  }
  /** An occurrence came while the job still ran, and this is what became of it. */
  overlap: { readonly name: string; readonly scheduledFor: Date; readonly action: 'skipped' | 'queued' | 'replaced' }
  /** A clock was set, the machine slept, or the loop stood still. */
  clockJump: ClockJump
  /**
   * The store failed, and is asked again in `retryIn` milliseconds, or (null) at the next occasion. Without a listener,
   * the first failure of each question goes to the loop's exception handler.
   */
  storeError: StoreTrouble
  /**
   * A job was registered with another schedule than the one the store knew. 'continued': what had run stays known.
   * 'restarted': a recurring job became a one-time job or the reverse, and begins anew. 'ended': a one-time job that
   * has run already, and does not run again.
   */
  changed: {
    readonly name: string
    readonly from: string
    readonly to: string
    readonly action: 'continued' | 'restarted' | 'ended'
  }
  /**
   * The store holds a job that nothing here can run: `type` is not defined, or (null) no function was registered under
   * its name. Emitted once for each. Without a listener, accepted one-time jobs and those with a type go to the loop's
   * exception handler.
   */
  unknown: { readonly name: string; readonly type: string | null; readonly schedule: string }
}

/** The names of the events. */
export type SchedulerEventName = keyof SchedulerEvents

const EVENTS: readonly SchedulerEventName[] = [
  'run',
  'success',
  'failure',
  'missed',
  'overlap',
  'clockJump',
  'storeError',
  'changed',
  'unknown',
]

type Listener<E> = (event: E) => void

/** Listeners by event. What a listener throws goes to `report`, and the others are called all the same. */
export class Emitter {
  private readonly listeners: { [K in SchedulerEventName]?: Listener<never>[] } = {}

  constructor(private readonly report: (exception: unknown, event: string) => void) {}

  /** Calls `listener` at each event of that name; dispose of what it returns to stop. */
  on<K extends SchedulerEventName>(name: K, listener: Listener<SchedulerEvents[K]>): Disposable {
    if (!EVENTS.includes(name))
      throw new JobOptionError(
        `there is no event "${String(name)}"${suggestion(String(name), EVENTS)}; there are ${EVENTS.join(', ')}`,
      )
    if (typeof listener !== 'function')
      throw new TypeError(`the listener of "${name}" is a function, not ${typeof listener}`)
    const list = (this.listeners[name] ??= []) as Listener<SchedulerEvents[K]>[]
    list.push(listener)
    this.runsAreHeard = this.heard('run') || this.heard('success')
    return {
      [Symbol.dispose]: () => {
        const index = list.indexOf(listener)
        if (index >= 0) list.splice(index, 1)
        this.runsAreHeard = this.heard('run') || this.heard('success')
      },
    }
  }

  /** Whether somebody listens to the begins and ends of runs. */
  runsAreHeard = false

  /** Whether somebody listens; events are not even made otherwise. */
  heard(name: SchedulerEventName): boolean {
    const list = this.listeners[name]
    return list !== undefined && list.length > 0
  }

  emit<K extends SchedulerEventName>(name: K, event: SchedulerEvents[K]): void {
    const list = this.listeners[name] as Listener<SchedulerEvents[K]>[] | undefined
    if (list === undefined) return
    for (const listener of [...list]) {
      const report = (exception: unknown): void => {
        this.report(exception, name)
      }
      try {
        const made: unknown = listener(event)
        // A rejection that nobody handles ends the process.
        if (isWaitable(made)) Promise.resolve(made).catch(report)
      } catch (exception) {
        report(exception)
      }
    }
  }
}
