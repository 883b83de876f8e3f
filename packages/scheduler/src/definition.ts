/** Turns what people write into a checked definition; every mistake is named here, at the call. */
import type { Executor } from '@loop/core'
import { parseCron } from './cron.ts'
import { JobOptionError } from './errors.ts'
import type { JobPlan, Limits } from './job-plan.ts'
import { CronPlan, DatesPlan, IntervalPlan, OncePlan } from './job-plan.ts'
import { CronSchedule, LimitedSchedule } from './occurrences.ts'
import type { JobHandler, JobOptions, MissedPolicy, OnceOptions, OverlapPolicy, RecurringOptions } from './options.ts'
import type { Zone } from './zone.ts'
import { zoneOf } from './zone.ts'

const DAY = 86_400_000

/** Retry options with their defaults filled in. */
export interface RetryPlan {
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
  readonly retry: RetryPlan | null
  readonly executor: Executor | null
}

/** A job as it was checked. */
export class JobDefinition {
  constructor(
    readonly name: string,
    readonly handler: JobHandler,
    readonly plan: JobPlan,
    readonly policy: JobPolicy,
  ) {}

  /** What happens to missed occurrences. */
  get missed(): MissedPolicy {
    return this.policy.missed ?? this.plan.missed
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
export function defineRecurring(name: string, handler: JobHandler, options: RecurringOptions): JobDefinition {
  checkJob(name, handler, options)
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
    checkMilliseconds(name, 'every', every, 1)
    if (policy.jitter >= every) throw new JobOptionError(`job "${name}": jitter (${policy.jitter} ms) must be less than every (${every} ms)`)
    return new JobDefinition(name, handler, new IntervalPlan(every, start, limits), policy)
  }
  if (dates !== undefined) {
    const moments = dates.map((date, i) => moment(name, `dates[${i}]`, date) as number)
    if (moments.length === 0) throw new JobOptionError(`job "${name}": dates is empty`)
    return new JobDefinition(name, handler, new DatesPlan(moments, start, limits), policy)
  }
  const { gap = 'after', fold = 'auto' } = options
  checkChoice(name, 'gap', gap, GAP_RULES)
  checkChoice(name, 'fold', fold, FOLD_RULES)
  const schedule = new CronSchedule(parseCron(cron!), zone!, gap, fold)
  return new JobDefinition(name, handler, new CronPlan(cron!, zone!, schedule, start, limits), policy)
}

/** Checks a one-time job. Throws JobOptionError. */
export function defineOnce(name: string, handler: JobHandler, options: OnceOptions): JobDefinition {
  checkJob(name, handler, options)
  const { delay } = options
  const at = moment(name, 'at', options.at)
  if ((delay === undefined) === (at === null)) throw new JobOptionError(`job "${name}": give exactly one of delay and at`)
  if (delay !== undefined) checkMilliseconds(name, 'delay', delay, 0)
  return new JobDefinition(name, handler, new OncePlan(delay ?? null, at), policyOf(name, { ...options, limit: 1 }))
}

// ---------------------------------------------------------------- limits

/** Applies start, end and exclude, on the schedule's own timeline. */
function limitsOf(name: string, exclude: RecurringOptions['exclude'], start: number | null, end: number | null, zone: Zone | null): Limits {
  if (start === null && end === null && exclude === undefined) return null
  const excludes = exclude === undefined ? null : exclusion(name, exclude, zone)
  return (schedule, now) => {
    const shift = schedule.timeline === 'monotonic' ? now.loop - now.wall : 0
    const shifted = excludes === null || shift === 0 ? excludes : (occurrence: number) => excludes(Math.round(occurrence - shift))
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

// ---------------------------------------------------------------- policies

const OVERLAP_POLICIES = ['skip', 'queue', 'parallel', 'replace']
const MISSED_POLICIES = ['skip', 'once', 'all']
const GAP_RULES = ['after', 'skip']
const FOLD_RULES = ['auto', 'first', 'last', 'both']

/** The options that make a policy. */
const POLICY_OPTIONS = ['limit', 'jitter', 'overlap', 'missed', 'catchUpWindow', 'timeout', 'retry', 'executor'] as const

function policyOf(name: string, options: Pick<RecurringOptions, (typeof POLICY_OPTIONS)[number]>): JobPolicy {
  if (POLICY_OPTIONS.every((option) => options[option] === undefined)) return DEFAULT_POLICY
  const { limit = Infinity, jitter = 0, overlap = 'skip', missed = null, catchUpWindow: window = DAY, timeout = null, executor = null } = options
  const retry = retryPlan(name, options.retry)
  if (limit !== Infinity && (!Number.isInteger(limit) || limit < 1)) {
    throw new JobOptionError(`job "${name}": limit is a whole number from 1, not ${limit}`)
  }
  checkMilliseconds(name, 'jitter', jitter, 0)
  checkChoice(name, 'overlap', overlap, OVERLAP_POLICIES)
  if (missed !== null) checkChoice(name, 'missed', missed, MISSED_POLICIES)
  if (window !== Infinity) checkMilliseconds(name, 'catchUpWindow', window, 0)
  if (timeout !== null) checkMilliseconds(name, 'timeout', timeout, 1)
  return { limit, jitter, overlap, missed, window, timeout, retry, executor }
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
