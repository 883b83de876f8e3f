import type { EventLoop, Task } from '@loop/core'
import { currentTask } from '@loop/core'
import type { Lease } from './store.ts'

/** What a handler learns about its run. */
export interface JobRun {
  /** The job's name. */
  readonly name: string
  /** Names the occurrence, `name@epochMs`; the same on every instance and in every attempt: an idempotency key. */
  readonly key: string
  /** When it should have run. */
  readonly scheduledFor: Date
  /** When this attempt began. */
  readonly startedAt: Date
  /** 1 for the first try; retries, and runs taken over from a process that ended, count on. */
  readonly attempt: number
  /** How many earlier occurrences this run stands for (policy 'once'). */
  readonly missedCount: number
  /** Aborted when the run is cancelled or times out: for APIs that take an AbortSignal. */
  readonly signal: AbortSignal
  /** The loop that the job runs on. */
  readonly loop: EventLoop
}

/** The part of a run that is data: what a handler on an executor gets. */
export type ShippedRun = Omit<JobRun, 'signal' | 'loop'>

/** A run as the handler sees it. Dates and the signal are made when they are asked for; most handlers ask for none. */
export class HandlerRun implements JobRun {
  /** Whether the handler may still hold the task's signal after it ended. */
  signalTaken = false
  private readonly task: Task | null = currentTask()

  constructor(
    readonly loop: EventLoop,
    private readonly lease: Lease,
    private readonly began: number,
    readonly attempt: number,
  ) {}

  get name(): string {
    return this.lease.name
  }

  get key(): string {
    return this.lease.key
  }

  get missedCount(): number {
    return this.lease.missedCount
  }

  get scheduledFor(): Date {
    return new Date(this.lease.scheduledFor)
  }

  get startedAt(): Date {
    return new Date(this.began)
  }

  get signal(): AbortSignal {
    this.signalTaken = true
    return (this.task as Task).signal
  }

  /** Without what cannot leave the thread. */
  shipped(): ShippedRun {
    const { name, key, scheduledFor, startedAt, attempt, missedCount } = this
    return { name, key, scheduledFor, startedAt, attempt, missedCount }
  }
}
