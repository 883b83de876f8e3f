/**
 * What the service sends to the page, as JSON: one snapshot at a time, each complete in itself, so that a page which
 * missed some has missed nothing. Counts only grow; the page makes rates of two of them. Times are milliseconds,
 * moments are milliseconds since 1970 by the service's wall clock.
 */

/** Everything the page shows. */
export interface Snapshot {
  readonly server: ServerFigures
  /** When it was taken. */
  readonly at: number
  readonly loop: LoopFigures
  readonly lag: LagFigures
  readonly selector: SelectorFigures
  readonly pools: readonly PoolFigures[]
  readonly jobs: readonly JobFigures[]
  readonly tasks: TaskFigures
  readonly slow: SlowFigures
  readonly echo: EchoFigures
  readonly configuration: ConfigurationFigures
}

/** The process, and what the view itself costs it. */
export interface ServerFigures {
  /** Another one after each start. */
  readonly id: string
  readonly pid: number
  readonly runtime: string
  readonly startedAt: number
  /** Milliseconds between two snapshots. */
  readonly every: number
  /** What making and sending the snapshot before this one took. */
  readonly snapshotCost: number
  /** Pages that watch. */
  readonly watchers: number
}

/** The loop's own statistics. */
export interface LoopFigures {
  readonly turns: number
  readonly handles: number
  readonly events: number
  readonly timersFired: number
  /** Length of the ready queue now. */
  readonly ready: number
  /** Size of the timer heap now, without cancelled timers. */
  readonly timers: number
  readonly tasks: number
  /** Milliseconds in which the thread worked, and in which it waited. */
  readonly active: number
  readonly idle: number
  /** How microtasks are drained between handles. */
  readonly drain: string
}

/** How late the loop's timers come. */
export interface LagFigures {
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** The distribution over the last minute. */
  readonly buckets: readonly LagBucket[]
}

/** Timers that came less than `below` milliseconds late, and not less than the bucket before; null means no bound. */
export interface LagBucket {
  readonly below: number | null
  readonly count: number
}

/** Which selector the loop waits on, and for what. */
export interface SelectorFigures {
  readonly name: string
  /** What it can watch, in words. */
  readonly watches: readonly string[]
  readonly descriptors: readonly DescriptorFigures[]
}

/** A descriptor that the selector watches. */
export interface DescriptorFigures {
  /** Its number; null for a source that has none. */
  readonly fd: number | null
  readonly kind: 'reader' | 'listener' | 'connection' | 'datagram'
  /** Where it leads, in words. */
  readonly place: string
}

/** A pool of workers. */
export interface PoolFigures {
  readonly name: string
  readonly kind: 'threads' | 'processes'
  readonly maxWorkers: number
  readonly workers: number
  readonly idle: number
  readonly running: number
  readonly waiting: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  /** Typical and longest run. */
  readonly runP50: number
  readonly runMax: number
}

/** A job of the scheduler. */
export interface JobFigures {
  readonly name: string
  readonly schedule: string
  readonly state: string
  readonly nextRun: number | null
  readonly lastRun: number | null
  readonly lastOutcome: 'success' | 'failure' | 'cancelled' | null
  readonly lastDuration: number | null
  readonly lastError: string | null
  readonly runs: number
  readonly failures: number
}

/** The tasks, and who waits for whom. */
export interface TaskFigures {
  readonly count: number
  /** Null when there are too many to draw. */
  readonly tree: readonly TaskBranch[] | null
}

/** A task, and below it the tasks that it waits for. */
export interface TaskBranch {
  readonly name: string
  /** The name of its coroutine function, and what it waits for beside tasks; empty when there is nothing to say. */
  readonly note: string
  readonly waitsFor: readonly TaskBranch[]
}

/** Callbacks that held the loop for longer than the threshold. */
export interface SlowFigures {
  readonly threshold: number
  readonly count: number
  /** Milliseconds, all together. */
  readonly duration: number
  /** Whether stacks can be taken here. */
  readonly stacks: 'on' | 'off' | 'unsupported'
  /** Latest first. */
  readonly last: readonly SlowCallback[]
}

/** One time for which the loop was blocked. */
export interface SlowCallback {
  readonly id: number
  readonly at: number
  readonly duration: number
  readonly kind: string
  readonly name: string
  /** Innermost call first; null when none was taken. */
  readonly stack: string | null
}

/** What the echo server did. */
export interface EchoFigures {
  readonly address: string
  readonly connections: number
  readonly messages: number
  readonly bytes: number
  /** Mean time there and back, as the service's own clients measure it; null before the first. */
  readonly roundTrip: number | null
}

/** What SIGHUP reloads. */
export interface ConfigurationFigures {
  readonly file: string
  /** Grows with every reload that succeeded. */
  readonly version: number
  readonly loadedAt: number
  readonly settings: Readonly<Record<string, number>>
  /** Why the last reload failed, after which the settings before it stay; null when it did not. */
  readonly problem: string | null
}

/** The buttons' actions, as in `POST /api/actions/<name>`. */
export type ActionName = 'block' | 'burst' | 'heavy' | 'cancel' | 'hangup'

/** The answer to an action that was done. */
export interface ActionDone {
  /** What came of it, in a sentence. */
  readonly message: string
}

/** The answer to a request that was not. */
export interface Refusal {
  readonly error: {
    readonly name: string
    readonly message: string
  }
}

/** The header that a page of another site cannot send without being asked first. */
export type ActionHeader = 'x-loop-demo'
