/**
 * The one place where it is computed when a job runs. Everything else (the agenda, catching up, previews, what a store
 * names an occurrence) asks a schedule for the next occurrence after a moment, and nothing else.
 *
 * Moments are milliseconds on the schedule's own timeline: epoch milliseconds for what follows the wall clock, loop
 * time for intervals that follow the monotonic clock.
 */
import type { CronPattern } from './cron.ts'
import type { FoldRule, GapRule } from './zoned-cron.ts'
import { nextInZone } from './zoned-cron.ts'
import type { Zone } from './zone.ts'

/** Which clock a schedule follows. */
export type Timeline = 'monotonic' | 'wall'

/** The clocks' readings at one moment. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly wall: number
  /** Loop time. */
  readonly loop: number
}

/** When a job runs. */
export interface Schedule {
  readonly timeline: Timeline
  /** The first occurrence after `after`, or null when there is none. */
  next(after: number): number | null
  /**
   * Where a schedule knows it without counting: how many occurrences lie after `after` and not after `at`, and the last
   * of them.
   */
  skip?(after: number, at: number): { last: number; count: number }
}

/** Every `every` milliseconds from `anchor` on; the anchor itself is the first occurrence. */
export class IntervalSchedule implements Schedule {
  constructor(
    readonly timeline: Timeline,
    readonly anchor: number,
    readonly every: number,
  ) {}

  next(after: number): number {
    if (after < this.anchor) return this.anchor
    let number = Math.floor((after - this.anchor) / this.every) + 1
    // Division rounds: of 0.1 + 0.2 and its like, the product decides.
    while (this.anchor + number * this.every <= after) number++
    return this.anchor + number * this.every
  }

  skip(after: number, at: number): { last: number; count: number } {
    const first = this.next(after)
    const count = Math.max(0, Math.floor((at - first) / this.every) + 1)
    return { last: first + (count - 1) * this.every, count }
  }
}

/** At given moments. */
export class DatesSchedule implements Schedule {
  constructor(
    /** In ascending order, each once. */
    private readonly moments: ArrayLike<number>,
    readonly timeline: Timeline = 'wall',
  ) {}

  next(after: number): number | null {
    return this.moments[firstAfter(this.moments, after)] ?? null
  }

  skip(after: number, at: number): { last: number; count: number } {
    const first = firstAfter(this.moments, after)
    const end = firstAfter(this.moments, at)
    return { last: this.moments[end - 1] ?? after, count: Math.max(0, end - first) }
  }
}

/** Where the first moment after `after` stands in a sorted list. */
function firstAfter(moments: ArrayLike<number>, after: number): number {
  let low = 0
  let high = moments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (moments[middle]! > after) high = middle
    else low = middle + 1
  }
  return low
}

/** Moments in ascending order, each once. */
export function sortedMoments(moments: Float64Array): Float64Array {
  const sorted = moments.toSorted()
  return sorted.filter((moment, i) => i === 0 || moment !== sorted[i - 1])
}

/** By a cron pattern in a time zone. */
export class CronSchedule implements Schedule {
  readonly timeline = 'wall'

  constructor(
    private readonly pattern: CronPattern,
    private readonly zone: Zone,
    private readonly gap: GapRule,
    private readonly fold: FoldRule,
  ) {}

  next(after: number): number | null {
    return nextInZone(this.pattern, this.zone, this.gap, this.fold, after)
  }
}

/** So many excluded occurrences in a row mean that everything is excluded: 11 days of seconds, 20 centuries of days. */
const MOST_EXCLUDED = 1_000_000

/** A schedule within limits: from `start` (included) to `end` (not included), without what `excludes` says. */
export class LimitedSchedule implements Schedule {
  readonly timeline: Timeline

  constructor(
    private readonly inner: Schedule,
    private readonly start: number,
    private readonly end: number,
    private readonly excludes: ((occurrence: number) => boolean) | null,
  ) {
    this.timeline = inner.timeline
  }

  next(after: number): number | null {
    // Half a millisecond before the start, so that the start itself counts; no schedule is finer than that.
    let from = Math.max(after, this.start - 0.5)
    for (let tries = 0; tries < MOST_EXCLUDED; tries++) {
      const next = this.inner.next(from)
      if (next === null || next >= this.end) return null
      if (this.excludes === null || !this.excludes(next)) return next
      from = next
    }
    return null
  }
}
