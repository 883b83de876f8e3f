/** Turns options into a checked definition; every mistake is named here, at the call. */
import type { Executor } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { checkChoice, checkMilliseconds, checkOptions } from '../base/check-options.ts'
import { isWaitable } from '../base/invoke.ts'
import type { AcceptedJob, JobType } from './accepted.ts'
import { parseCron } from '../schedule/cron.ts'
import { JobOptionError } from '../errors.ts'
import type { Trigger, Limits } from '../schedule/trigger.ts'
import { CronTrigger, DatesTrigger, IntervalTrigger, OnceTrigger } from '../schedule/trigger.ts'
import { CronSchedule, LimitedSchedule } from '../schedule/schedule.ts'
import type {
  JobHandler,
  JobOptions,
  MissedPolicy,
  OnceOptions,
  OverlapPolicy,
  RecurringOptions,
  RetryOptions,
  TypeOptions,
} from '../options.ts'
import type { Zone } from '../schedule/zone.ts'
import { zoneOf } from '../schedule/zone.ts'

const DAY = 86_400_000

/** Retry options with their defaults filled in. */
export interface RetryPolicy {
  readonly attempts: number
  readonly delay: number
  readonly factor: number
  readonly maxDelay: number
}

/** How a job runs, as opposed to when. */
export interface JobPolicy {
  readonly limit: number
  readonly jitter: number
  readonly overlap: OverlapPolicy
  /** What to do with missed occurrences; null for what suits the schedule. */
  readonly missed: MissedPolicy | null
  readonly window: number
  readonly timeout: number | null
  readonly retry: RetryPolicy | null
  readonly executor: Executor | null
}

/** A job as it was checked. */
export class JobDefinition {
  constructor(
    readonly name: string,
    readonly handler: JobHandler,
    readonly trigger: Trigger,
    readonly policy: JobPolicy,
    /** How it was accepted, when it has a type and data instead of a function of its own. */
    readonly accepted: AcceptedJob | null,
  ) {}

  /** What happens to missed occurrences. */
  get missed(): MissedPolicy {
    return this.policy.missed ?? this.trigger.missed
  }
}

/** Most jobs have it, and share it. */
const DEFAULT_POLICY: JobPolicy = {
  limit: Infinity,
  jitter: 0,
  overlap: 'skip',
  missed: null,
  window: DAY,
  timeout: null,
  retry: null,
  executor: null,
}

/** Checks a recurring job. Throws JobOptionError, CronSyntaxError or UnknownTimeZoneError. */
export function defineRecurring(
  name: string,
  handler: JobHandler,
  options: RecurringOptions,
  accepted: AcceptedJob | null = null,
): JobDefinition {
  checkJob(name, handler, options, RECURRING_OPTIONS, accepted)
  const { every, cron, dates } = options
  if (Number(every !== undefined) + Number(cron !== undefined) + Number(dates !== undefined) !== 1) {
    throw new JobOptionError(`job "${name}": give exactly one of every, cron and dates`)
  }
  const policy = policyOf(name, options)
  const start = moment(name, 'start', options.start)
  const end = moment(name, 'end', options.end)
  if (start !== null && end !== null && end <= start) throw new JobOptionError(`job "${name}": end is not after start`)
  const zone = cron === undefined && options.timeZone === undefined ? null : zoneOf(options.timeZone)
  const limits = limitsOf(name, options.exclude, start, end, zone)
  if (every !== undefined) {
    checkTime(name, 'every', every, 1)
    if (policy.jitter >= every)
      throw new JobOptionError(`job "${name}": jitter (${policy.jitter} ms) must be less than every (${every} ms)`)
    return new JobDefinition(name, handler, new IntervalTrigger(every, start, limits), policy, accepted)
  }
  if (dates !== undefined) {
    if (!Array.isArray(dates))
      throw new JobOptionError(`job "${name}": dates is a list of Dates, not ${describe(dates)}`)
    const moments = Float64Array.from(dates, (date: Date, i) => requiredMoment(name, `dates[${i}]`, date))
    if (moments.length === 0) throw new JobOptionError(`job "${name}": dates is empty`)
    return new JobDefinition(name, handler, new DatesTrigger(moments, start, limits), policy, accepted)
  }
  const { gap = 'after', fold = 'auto' } = options
  checkChoice(`job "${name}"`, 'gap', gap, GAP_RULES)
  checkChoice(`job "${name}"`, 'fold', fold, FOLD_RULES)
  const schedule = new CronSchedule(parseCron(cron!), zone!, gap, fold)
  return new JobDefinition(name, handler, new CronTrigger(cron!, zone!, schedule, start, limits), policy, accepted)
}

/** Checks a one-time job. Throws JobOptionError. */
export function defineOnce(
  name: string,
  handler: JobHandler,
  options: OnceOptions,
  accepted: AcceptedJob | null = null,
): JobDefinition {
  checkJob(name, handler, options, ONCE_OPTIONS, accepted)
  const { delay } = options
  const at = moment(name, 'at', options.at)
  if ((delay === undefined) === (at === null))
    throw new JobOptionError(`job "${name}": give exactly one of delay and at`)
  if (delay !== undefined) checkTime(name, 'delay', delay, 0)
  return new JobDefinition(
    name,
    handler,
    new OnceTrigger(delay ?? null, at),
    policyOf(name, { ...options, limit: 1 }),
    accepted,
  )
}

/** Checks a type of jobs. Throws JobOptionError. */
export function defineType(name: string, handler: JobHandler, options: TypeOptions): JobType {
  if (typeof name !== 'string' || name === '')
    throw new JobOptionError('a job type has a name, a text that is not empty')
  if (typeof handler !== 'function')
    throw new TypeError(`job type "${name}": the handler is a function, not ${typeof handler}`)
  checkOptions(`job type "${name}"`, options, TYPE_OPTIONS)
  policyOf(name, options)
  return { name, handler, options }
}

// ---------------------------------------------------------------- limits

/** Applies start, end and exclude, on the schedule's own timeline. */
function limitsOf(
  name: string,
  exclude: RecurringOptions['exclude'],
  start: number | null,
  end: number | null,
  zone: Zone | null,
): Limits {
  if (start === null && end === null && exclude === undefined) return null
  const excludes = exclude === undefined ? null : exclusion(name, exclude, zone)
  return (schedule, now) => {
    const shift = schedule.timeline === 'monotonic' ? now.loop - now.wall : 0
    const shifted =
      excludes === null || shift === 0 ? excludes : (occurrence: number) => excludes(Math.round(occurrence - shift))
    return new LimitedSchedule(schedule, (start ?? -Infinity) + shift, (end ?? Infinity) + shift, shifted)
  }
}

function exclusion(
  name: string,
  exclude: readonly (Date | string)[] | ((occurrence: Date) => boolean),
  zone: Zone | null,
): (occurrence: number) => boolean {
  if (typeof exclude === 'function') {
    return (occurrence) => {
      const excluded: unknown = exclude(new Date(occurrence))
      if (!isWaitable(excluded)) return Boolean(excluded)
      throw new JobOptionError(`job "${name}": exclude gave something to wait for; it has to return true or false`)
    }
  }
  if (!Array.isArray(exclude)) throw new JobOptionError(`job "${name}": exclude is a list or a function`)
  const local = zone ?? zoneOf()
  const moments = new Set<number>()
  /** Days, counted from 1970 on the local calendar. */
  const days = new Set<number>()
  for (const [i, item] of exclude.entries()) {
    if (typeof item !== 'string') moments.add(requiredMoment(name, `exclude[${i}]`, item as Date))
    else if (/^\d{4}-\d\d-\d\d$/.test(item)) days.add(Date.parse(`${item}T00:00:00Z`) / DAY)
    else throw new JobOptionError(`job "${name}": exclude[${i}] is "${item}", not a day as YYYY-MM-DD`)
  }
  return (occurrence) =>
    moments.has(occurrence) || days.has(Math.floor((occurrence + local.at(occurrence).offset) / DAY))
}

// ---------------------------------------------------------------- policies

const OVERLAP_POLICIES = ['skip', 'queue', 'parallel', 'replace']
const MISSED_POLICIES = ['skip', 'once', 'all']
const GAP_RULES = ['after', 'skip']
const FOLD_RULES = ['auto', 'first', 'last', 'both']

/** The options that make a policy. */
const POLICY_OPTIONS = [
  'limit',
  'jitter',
  'overlap',
  'missed',
  'catchUpWindow',
  'timeout',
  'retry',
  'executor',
] as const

function policyOf(name: string, options: Pick<RecurringOptions, (typeof POLICY_OPTIONS)[number]>): JobPolicy {
  if (POLICY_OPTIONS.every((option) => options[option] === undefined)) return DEFAULT_POLICY
  const {
    limit = Infinity,
    jitter = 0,
    overlap = 'skip',
    missed = null,
    catchUpWindow: window = DAY,
    timeout = null,
    executor = null,
  } = options
  const retry = retryPolicyOf(name, options.retry)
  if (limit !== Infinity && (!Number.isInteger(limit) || limit < 1)) {
    throw new JobOptionError(`job "${name}": limit is a whole number from 1, not ${limit}`)
  }
  checkTime(name, 'jitter', jitter, 0)
  checkChoice(`job "${name}"`, 'overlap', overlap, OVERLAP_POLICIES)
  if (missed !== null) checkChoice(`job "${name}"`, 'missed', missed, MISSED_POLICIES)
  if (window !== Infinity) checkTime(name, 'catchUpWindow', window, 0)
  if (timeout !== null) checkTime(name, 'timeout', timeout, 1)
  return { limit, jitter, overlap, missed, window, timeout, retry, executor }
}

function retryPolicyOf(name: string, retry: JobOptions['retry']): RetryPolicy | null {
  if (retry === undefined) return null
  if (typeof retry === 'object' && retry !== null) checkOptions(`job "${name}": retry`, retry, RETRY_OPTIONS)
  const {
    attempts,
    delay = 1000,
    factor = 2,
    maxDelay = 60_000,
  } = typeof retry === 'number' ? { attempts: retry } : retry
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new JobOptionError(`job "${name}": retry.attempts is a whole number from 1, not ${attempts}`)
  }
  checkTime(name, 'retry.delay', delay, 0)
  checkTime(name, 'retry.maxDelay', maxDelay, 0)
  if (!(factor >= 1)) throw new JobOptionError(`job "${name}": retry.factor is a number from 1, not ${factor}`)
  return { attempts, delay, factor, maxDelay }
}

// ---------------------------------------------------------------- checks

const TYPE_OPTIONS = [
  'timeout',
  'retry',
  'missed',
  'catchUpWindow',
  'executor',
] as const satisfies (keyof TypeOptions)[]
const ONCE_OPTIONS = [...TYPE_OPTIONS, 'data', 'delay', 'at'] as const satisfies (keyof OnceOptions)[]
const RECURRING_OPTIONS = [
  ...TYPE_OPTIONS,
  'data',
  'every',
  'cron',
  'dates',
  'timeZone',
  'gap',
  'fold',
  'start',
  'end',
  'limit',
  'jitter',
  'overlap',
  'exclude',
] as const satisfies (keyof RecurringOptions)[]
const RETRY_OPTIONS = ['attempts', 'delay', 'factor', 'maxDelay'] as const satisfies (keyof RetryOptions)[]

function checkJob(
  name: unknown,
  handler: unknown,
  options: unknown,
  known: readonly string[],
  accepted: AcceptedJob | null,
): void {
  if (typeof name !== 'string' || name === '') throw new JobOptionError('a job has a name, a text that is not empty')
  if (typeof handler !== 'function')
    throw new TypeError(`job "${name}": the handler is a function, not ${typeof handler}`)
  if (typeof options !== 'object' || options === null)
    throw new JobOptionError(`job "${name}": options say when it runs`)
  checkOptions(`job "${name}"`, options, known)
  if (accepted === null && (options as OnceOptions).data !== undefined) {
    throw new JobOptionError(`job "${name}": data goes with the name of a type instead of a function; see define()`)
  }
}

function checkTime(name: string, option: string, value: unknown, least: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
    checkMilliseconds(`job "${name}"`, option, value, least)
}

function moment(name: string, option: string, date: Date | undefined): number | null {
  return date === undefined ? null : requiredMoment(name, option, date)
}

function requiredMoment(name: string, option: string, date: Date): number {
  if (!(date instanceof Date) || Number.isNaN(date.getTime()))
    throw new JobOptionError(`job "${name}": ${option} is a valid Date`)
  return date.getTime()
}
