/** What a pool needs of one worker, wherever it runs; threads, processes and the inline worker implement it. */
import type { WorkerExit } from '../errors.ts'
import type { Outcome, WorkItem } from './work-item.ts'

/** Hears from a channel what its worker does: from the event loop, never from inside a method of the channel. */
export interface ChannelOwner {
  /** The worker has started and its initializer is done. */
  ready(): void
  /** The initializer failed; the worker takes no tasks. */
  initializerFailed(error: unknown): void
  /** A task was run. `startedAt` is on the shared monotonic clock; both times are milliseconds. */
  answered(task: WorkItem, outcome: Outcome, startedAt: number, ranMs: number): void
  /** Its heap is larger than the pool allows: it should be replaced when its work is done. */
  retire(): void
  /** It printed something; `written` is to be called when the chunk is where it belongs, and more is wanted. */
  output(stream: 1 | 2, chunk: string | Uint8Array, written: () => void): void
  /** Some answers came in, or places became free; called once after each batch. */
  progressed(): void
  /** The worker is gone; `leftovers` are the tasks it had. */
  exited(exit: WorkerExit, leftovers: Leftovers): void
}

/** The tasks that a dead worker had, by how far each had come. */
export interface Leftovers {
  /** Never started: safe to run elsewhere. In order. */
  readonly unstarted: readonly WorkItem[]
  /** Never started, but what was moved to them went down with the worker. In order. */
  readonly emptied: readonly WorkItem[]
  /** Were running, or had ended with an answer that never arrived. Never run again. */
  readonly lost: readonly WorkItem[]
}

/** A task whose arguments cannot be copied; the worker never saw it. */
export interface Unsendable {
  readonly task: WorkItem
  readonly error: Error
}

/** The usual answer of `flush`. */
export const NOTHING_UNSENDABLE: readonly Unsendable[] = Object.freeze([])

/** One worker as the pool sees it. */
export interface Channel {
  /** How many tasks it can hold, running and waiting. */
  readonly capacity: number
  /** Whether tasks that have not started can be taken back from a busy worker. */
  readonly revocable: boolean
  /**
   * Tasks it is given whatever they are expected to take: 2 hides the pause between two, 1 never lets a task wait
   * behind another.
   */
  readonly leastAhead: number
  /** Tasks handed over and not yet answered, given back or skipped. */
  readonly held: number
  /** Whether the worker has tasks and has started none of them. */
  readonly unresponsive: boolean
  /** Hands a task over; it leaves with the next `flush`. */
  send(task: WorkItem): void
  /** Sends everything handed over since the last flush, in one go; answers what could not be sent. */
  flush(): readonly Unsendable[]
  /** Takes a task back: true means that it never started and never will; asking again gives the same answer. */
  revoke(task: WorkItem): boolean
  /**
   * Takes back every task that has not started, in order; empty where the worker cannot be asked. Those whose objects
   * have moved to the worker cannot run anywhere else, so they are among them only when it is for good.
   */
  revokeAll(forGood: boolean): readonly WorkItem[]
  /** When the task's run started, on the shared clock, or null while it waits. */
  startedAt(task: WorkItem): number | null
  /** Asks the running task to stop, through its signal. */
  interrupt(task: WorkItem): void
  /** Whether the worker keeps this process alive; it does while it has work to do. */
  keepAlive(on: boolean): void
  /** Asks an idle worker to end; one that does not hear it in CLOSE_MS is ended. */
  close(): void
  /** Ends the worker at once. */
  kill(): void
}

/** How long, in milliseconds, an idle worker may take to hear that it should end. */
export const CLOSE_MS = 10_000

/** Makes the channel of a new worker. */
export type ChannelFactory = (name: string, owner: ChannelOwner) => Channel
