/** When a job runs, as its definition says it; a schedule is made of it once the clocks and the anchor are known. */
import { ON_TIME_MS } from './catch-up.ts'
import type { CronSchedule, Moment, Schedule, Timeline } from './schedule.ts'
import { DatesSchedule, IntervalSchedule, sortedMoments } from './schedule.ts'
import type { MissedPolicy } from '../options.ts'
import type { Zone } from './zone.ts'

/** When a job runs. */
export interface Trigger {
  /** 'every 1000 ms', '0 2 * * * Europe/London', ...: the schedule in words. */
  readonly text: string
  readonly recurring: boolean
  /** The moment of a one-time job, or the last of given dates, as epoch milliseconds; null when nothing is dated. */
  readonly dated: number | null
  /** Epoch milliseconds to count from, when the definition says so. */
  readonly anchor: number | null
  readonly missed: MissedPolicy
  /** How late a run still counts as on time, in milliseconds. */
  readonly onTime: number
  /** The schedule; `anchor` is the store's, and decides when `timeline` is 'wall'. */
  schedule(timeline: Timeline, now: Moment, anchor: number): Schedule
}

/** Puts a schedule within start, end and exclude; null for none of them. */
export type Limits = ((schedule: Schedule, now: Moment) => Schedule) | null

const within = (limits: Limits, schedule: Schedule, now: Moment): Schedule =>
  limits === null ? schedule : limits(schedule, now)

/** At intervals. */
export class IntervalTrigger implements Trigger {
  readonly recurring = true
  readonly dated = null
  readonly missed = 'skip'

  constructor(
    private readonly every: number,
    readonly anchor: number | null,
    private readonly limits: Limits,
  ) {}

  get text(): string {
    return `every ${this.every} ms`
  }

  get onTime(): number {
    return Math.min(this.every, ON_TIME_MS)
  }

  schedule(timeline: Timeline, now: Moment, anchor: number): Schedule {
    const schedule =
      timeline === 'wall'
        ? new IntervalSchedule('wall', anchor, this.every)
        : new IntervalSchedule('monotonic', anchor - now.wall + now.loop, this.every)
    return within(this.limits, schedule, now)
  }
}

/** By a cron pattern. */
export class CronTrigger implements Trigger {
  readonly recurring = true
  readonly dated = null
  readonly missed = 'once'
  readonly onTime = ON_TIME_MS

  constructor(
    private readonly cron: string,
    private readonly zone: Zone,
    private readonly inner: CronSchedule,
    readonly anchor: number | null,
    private readonly limits: Limits,
  ) {}

  get text(): string {
    return `${this.cron} ${this.zone.name}`
  }

  schedule(_: Timeline, now: Moment): Schedule {
    return within(this.limits, this.inner, now)
  }
}

/** At given moments. */
export class DatesTrigger implements Trigger {
  readonly recurring = true
  readonly missed = 'once'
  readonly onTime = ON_TIME_MS
  private readonly moments: Float64Array

  constructor(
    moments: Float64Array,
    readonly anchor: number | null,
    private readonly limits: Limits,
  ) {
    this.moments = sortedMoments(moments)
  }

  get dated(): number {
    return this.moments.at(-1)!
  }

  get text(): string {
    return this.moments.length === 1
      ? `at ${new Date(this.moments[0]!).toISOString()}`
      : `at ${this.moments.length} dates`
  }

  schedule(_: Timeline, now: Moment): Schedule {
    return within(this.limits, new DatesSchedule(this.moments), now)
  }
}

/** Once: after a delay, or at a moment. */
export class OnceTrigger implements Trigger {
  readonly recurring = false
  readonly anchor = null
  readonly missed = 'once'
  readonly onTime = ON_TIME_MS

  constructor(
    private readonly delay: number | null,
    readonly dated: number | null,
  ) {}

  get text(): string {
    return this.dated === null ? `once after ${this.delay} ms` : `once at ${new Date(this.dated).toISOString()}`
  }

  schedule(timeline: Timeline, now: Moment, anchor: number): Schedule {
    if (this.dated !== null) return new DatesSchedule([this.dated])
    return new DatesSchedule([(timeline === 'wall' ? anchor : now.loop) + this.delay!], timeline)
  }
}
