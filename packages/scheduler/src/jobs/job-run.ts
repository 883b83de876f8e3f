import type { EventLoop, Task } from '@loop/core'
import { occurrenceKey } from '../store/store.ts'

/** What a handler learns about its run. */
export interface JobRun {
  /** The job's name. */
  readonly name: string
  /** What the job was given as `data`, a copy of its own for each run; undefined for a job that is a function. */
  readonly data: unknown
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
export type ShippedRun = Omit<JobRun, 'signal' | 'loop' | 'data'> & Partial<Pick<JobRun, 'data'>>

/** A run as the handler sees it. Dates and the signal are made when they are asked for; most handlers ask for none. */
export class HandlerRun implements JobRun {
  /** Whether the handler may still hold the task's signal after it ended. */
  signalTaken = false
  constructor(
    readonly loop: EventLoop,
    private readonly task: Task | null,
    private readonly job: { readonly name: string; readonly accepted: { data(): unknown } | null },
    private readonly epoch: number,
    readonly missedCount: number,
    private readonly began: number,
    readonly attempt: number,
  ) {}

  get name(): string {
    return this.job.name
  }

  get data(): unknown {
    return this.job.accepted?.data()
  }

  get key(): string {
    return occurrenceKey(this.name, this.epoch)
  }

  get scheduledFor(): Date {
    return new Date(this.epoch)
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
    const { name, data, key, scheduledFor, startedAt, attempt, missedCount } = this
    const run = { name, key, scheduledFor, startedAt, attempt, missedCount }
    return data === undefined ? run : { ...run, data }
  }
}
