/** Turns what people write into a checked definition; every mistake is named here, at the call. */
import type { Executor } from '@loop/core'
import { parseCron } from './cron.ts'
import { JobOptionError } from './errors.ts'
import type { Schedule, Timeline } from './occurrences.ts'
import { CronSchedule, DatesSchedule, IntervalSchedule, LimitedSchedule } from './occurrences.ts'
import type { JobHandler, JobOptions, MissedPolicy, OnceOptions, OverlapPolicy, RecurringOptions } from './options.ts'
import type { Zone } from './zone.ts'
import { zoneOf } from './zone.ts'
import { ON_TIME_MS } from './backlog.ts'

const DAY = 86_400_000

/** Retry options with their defaults filled in. */
export interface RetryPlan {
  readonly attempts: number
  readonly delay: number
  readonly factor: number
  readonly maxDelay: number
}

/** The clocks' readings at one moment: what a schedule that counts from now is built from. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly wall: number
  /** Loop time. */
  readonly loop: number
}

/** A job as it was checked. */
export interface JobDefinition {
  readonly name: string
  readonly handler: JobHandler
  /** 'every 1000 ms', '0 2 * * * Europe/London', ...: the schedule for people. */
  readonly text: string
  readonly recurring: boolean
  /** The moment of a one-time job, or the last of given dates, as epoch milliseconds; null when nothing is dated. */
  readonly dated: number | null
  readonly limit: number
  readonly jitter: number
  readonly overlap: OverlapPolicy
  readonly missed: MissedPolicy
  readonly window: number
  /** How late a run still counts as on time, in milliseconds. */
  readonly onTime: number
  readonly timeout: number | null
  readonly retry: RetryPlan | null
  readonly executor: Executor | null
  /** Epoch milliseconds to count from, when the definition says so. */
  readonly anchor: number | null
  readonly end: number
  /** The schedule; `anchor` is the store's, and decides when `timeline` is 'wall'. */
  schedule(timeline: Timeline, now: Moment, anchor: number): Schedule
}

/** Checks a recurring job. Throws JobOptionError, CronSyntaxError or UnknownTimeZoneError. */
export function defineRecurring(name: string, handler: JobHandler, options: RecurringOptions): JobDefinition {
  checkJob(name, handler, options)
  const { every, cron, dates, limit = Infinity, jitter = 0, overlap = 'skip' } = options
  if ([every, cron, dates].filter((given) => given !== undefined).length !== 1) {
    throw new JobOptionError(`job "${name}": give exactly one of every, cron and dates`)
  }
  if (limit !== Infinity && (!Number.isInteger(limit) || limit < 1)) {
    throw new JobOptionError(`job "${name}": limit is a whole number from 1, not ${limit}`)
  }
  if (jitter !== 0) checkMilliseconds(name, 'jitter', jitter, 0)
  checkChoice(name, 'overlap', overlap, ['skip', 'queue', 'parallel', 'replace'])
  const start = moment(name, 'start', options.start)
  const end = moment(name, 'end', options.end)
  if (start !== null && end !== null && end <= start) throw new JobOptionError(`job "${name}": end is not after start`)
  const zone = cron === undefined && options.timeZone === undefined ? null : zoneOf(options.timeZone)
  const common = {
    ...commonOf(name, handler, options),
    recurring: true,
    limit,
    jitter,
    overlap,
    anchor: start,
    end: end ?? Infinity,
  }
  const limited = limits(name, options, start, end, zone)
  if (every !== undefined) {
    checkMilliseconds(name, 'every', every, 1)
    if (jitter >= every) throw new JobOptionError(`job "${name}": jitter (${jitter} ms) must be less than every (${every} ms)`)
    return {
      ...common,
      text: `every ${every} ms`,
      dated: null,
      missed: options.missed ?? 'skip',
      onTime: Math.min(every, ON_TIME_MS),
      schedule: (timeline, now, anchor) => limited(interval(timeline, now, anchor, every), now),
    }
  }
  const missed = options.missed ?? 'once'
  if (dates !== undefined) {
    const moments = dates.map((date, i) => moment(name, `dates[${i}]`, date) as number)
    if (moments.length === 0) throw new JobOptionError(`job "${name}": dates is empty`)
    const schedule = new DatesSchedule(moments)
    const text = moments.length === 1 ? `at ${dates[0]!.toISOString()}` : `at ${moments.length} dates`
    return { ...common, text, dated: Math.max(...moments), missed, schedule: (_, now) => limited(schedule, now) }
  }
  const { gap = 'after', fold = 'auto' } = options
  checkChoice(name, 'gap', gap, ['after', 'skip'])
  checkChoice(name, 'fold', fold, ['auto', 'first', 'last', 'both'])
  const schedule = new CronSchedule(parseCron(cron!), zone!, gap, fold)
  return { ...common, text: `${cron} ${zone!.name}`, dated: null, missed, schedule: (_, now) => limited(schedule, now) }
}

/** Checks a one-time job. Throws JobOptionError. */
export function defineOnce(name: string, handler: JobHandler, options: OnceOptions): JobDefinition {
  checkJob(name, handler, options)
  const { delay } = options
  const at = moment(name, 'at', options.at)
  if ((delay === undefined) === (at === null)) throw new JobOptionError(`job "${name}": give exactly one of delay and at`)
  if (delay !== undefined) checkMilliseconds(name, 'delay', delay, 0)
  return {
    ...commonOf(name, handler, options),
    text: at === null ? `once after ${delay} ms` : `once at ${new Date(at).toISOString()}`,
    recurring: false,
    dated: at,
    limit: 1,
    jitter: 0,
    overlap: 'skip',
    missed: options.missed ?? 'once',
    anchor: null,
    end: Infinity,
    schedule: (timeline, now, anchor) => {
      if (at !== null) return new DatesSchedule([at])
      return new DatesSchedule([(timeline === 'wall' ? anchor : now.loop) + delay!], timeline)
    },
  }
}

/** An interval's schedule: from the anchor on, on the timeline asked for. */
function interval(timeline: Timeline, now: Moment, anchor: number, every: number): IntervalSchedule {
  return timeline === 'wall'
    ? new IntervalSchedule('wall', anchor, every)
    : new IntervalSchedule('monotonic', anchor - now.wall + now.loop, every)
}

/** Applies start, end and exclude, on the schedule's own timeline. */
function limits(
  name: string,
  { exclude }: RecurringOptions,
  start: number | null,
  end: number | null,
  zone: Zone | null,
): (schedule: Schedule, now: Moment) => Schedule {
  if (start === null && end === null && exclude === undefined) return (schedule) => schedule
  const excludes = exclude === undefined ? null : exclusion(name, exclude, zone)
  return (schedule, now) => {
    const shift = schedule.timeline === 'monotonic' ? now.loop - now.wall : 0
    const shifted = excludes === null || shift === 0 ? excludes : (occurrence: number) => excludes(occurrence - shift)
    return new LimitedSchedule(schedule, (start ?? -Infinity) + shift, (end ?? Infinity) + shift, shifted)
  }
}

function exclusion(
  name: string,
  exclude: readonly (Date | string)[] | ((occurrence: Date) => boolean),
  zone: Zone | null,
): (occurrence: number) => boolean {
  if (typeof exclude === 'function') return (occurrence) => exclude(new Date(occurrence))
  if (!Array.isArray(exclude)) throw new JobOptionError(`job "${name}": exclude is a list or a function`)
  const local = zone ?? zoneOf()
  const moments = new Set<number>()
  /** Days, counted from 1970 on the local calendar. */
  const days = new Set<number>()
  for (const [i, item] of exclude.entries()) {
    if (typeof item !== 'string') moments.add(moment(name, `exclude[${i}]`, item as Date) as number)
    else if (/^\d{4}-\d\d-\d\d$/.test(item)) days.add(Date.parse(`${item}T00:00:00Z`) / DAY)
    else throw new JobOptionError(`job "${name}": exclude[${i}] is "${item}", not a day as YYYY-MM-DD`)
  }
  return (occurrence) =>
    moments.has(occurrence) || days.has(Math.floor((occurrence + local.at(occurrence).offset) / DAY))
}

function commonOf(name: string, handler: JobHandler, options: JobOptions) {
  const { timeout, missed, catchUpWindow = DAY, executor } = options
  if (timeout !== undefined) checkMilliseconds(name, 'timeout', timeout, 1)
  if (missed !== undefined) checkChoice(name, 'missed', missed, ['skip', 'once', 'all'])
  if (catchUpWindow !== Infinity) checkMilliseconds(name, 'catchUpWindow', catchUpWindow, 0)
  return {
    name,
    handler,
    window: catchUpWindow,
    onTime: ON_TIME_MS,
    timeout: timeout ?? null,
    retry: retryPlan(name, options.retry),
    executor: executor ?? null,
  }
}

function retryPlan(name: string, retry: JobOptions['retry']): RetryPlan | null {
  if (retry === undefined) return null
  const { attempts, delay = 1000, factor = 2, maxDelay = 60_000 } = typeof retry === 'number' ? { attempts: retry } : retry
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new JobOptionError(`job "${name}": retry.attempts is a whole number from 1, not ${attempts}`)
  }
  checkMilliseconds(name, 'retry.delay', delay, 0)
  checkMilliseconds(name, 'retry.maxDelay', maxDelay, 0)
  if (!(factor >= 1)) throw new JobOptionError(`job "${name}": retry.factor is a number from 1, not ${factor}`)
  return { attempts, delay, factor, maxDelay }
}

// ---------------------------------------------------------------- checks

function checkJob(name: unknown, handler: unknown, options: unknown): void {
  if (typeof name !== 'string' || name === '') throw new JobOptionError('a job has a name, a text that is not empty')
  if (typeof handler !== 'function') throw new TypeError(`job "${name}": the handler is a function, not ${typeof handler}`)
  if (typeof options !== 'object' || options === null) throw new JobOptionError(`job "${name}": options say when it runs`)
}

function checkMilliseconds(name: string, option: string, value: unknown, least: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) {
    throw new JobOptionError(`job "${name}": ${option} is a number of milliseconds from ${least}, not ${String(value)}`)
  }
}

function checkChoice(name: string, option: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new JobOptionError(`job "${name}": ${option} is one of ${choices.join(', ')}, not "${value}"`)
  }
}

function moment(name: string, option: string, date: Date | undefined): number | null {
  if (date === undefined) return null
  if (!(date instanceof Date) || Number.isNaN(date.getTime())) throw new JobOptionError(`job "${name}": ${option} is a valid Date`)
  return date.getTime()
}
