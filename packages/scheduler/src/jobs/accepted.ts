/**
 * Jobs as data: a type, which names a handler, the data the handler gets, and when and how it runs. That is what a
 * store keeps, so that a process which never heard of the job can run it.
 */
import { messageOf } from '@loop/core/lowlevel'
import { JobOptionError } from '../errors.ts'
import { encodeJson } from '../base/json.ts'
import type { ListedJob } from '../store/store.ts'
import type { JobHandler, OnceOptions, RecurringOptions, TypeOptions } from '../options.ts'

/** A type of jobs. */
export interface JobType {
  readonly name: string
  readonly handler: JobHandler
  readonly options: TypeOptions
}

type Spec = Record<string, unknown>

/** A job that was accepted with a type. */
export class AcceptedJob {
  constructor(
    readonly type: string,
    /** The data as JSON text; null for none. */
    private readonly json: string | null,
    /** The options as they were given, dates as epoch milliseconds. */
    private readonly spec: Spec,
  ) {}

  /** The data, a copy of its own for who asks. */
  data(): unknown {
    return this.json === null ? undefined : JSON.parse(this.json)
  }

  /** How a store keeps it. */
  get text(): string {
    return JSON.stringify({ type: this.type, data: this.json, options: this.spec })
  }

  /** The options as they were given. */
  get options(): RecurringOptions & OnceOptions {
    const options: Spec = { ...this.spec }
    for (const name of DATES) if (name in options) options[name] = new Date(options[name] as number)
    if (options['dates'] !== undefined) options['dates'] = (options['dates'] as number[]).map((at) => new Date(at))
    if (options['exclude'] !== undefined) {
      options['exclude'] = (options['exclude'] as (number | string)[]).map((item) =>
        typeof item === 'number' ? new Date(item) : item,
      )
    }
    return options as RecurringOptions & OnceOptions
  }
}

const DATES = ['start', 'end', 'at'] as const

/** Takes a job with a type in. Throws JobOptionError for what cannot be written down. */
export function accept(name: string, type: string, { data, ...options }: RecurringOptions & OnceOptions): AcceptedJob {
  const spec: Spec = {}
  for (const [option, value] of Object.entries(options))
    if (value !== undefined) spec[option] = written(name, option, value)
  return new AcceptedJob(type, data === undefined ? null : writtenData(name, data), spec)
}

function written(name: string, option: string, value: unknown): unknown {
  if (option === 'executor' || typeof value === 'function') {
    const hint =
      option === 'executor' ? 'give it to define()' : 'give a list, or register the job with a function as its handler'
    throw new JobOptionError(`job "${name}": ${option} cannot be kept in a store with the job; ${hint}`)
  }
  if (value instanceof Date) return value.getTime()
  if (Array.isArray(value)) return value.map((item: unknown) => (item instanceof Date ? item.getTime() : item))
  // JSON has no Infinity; both options mean without it what they mean with it, or say so.
  if (value === Infinity) return option === 'limit' ? undefined : Number.MAX_SAFE_INTEGER
  return value
}

function writtenData(name: string, data: unknown): string {
  try {
    return encodeJson(data, 'data')
  } catch (error) {
    throw new JobOptionError(`job "${name}": data cannot be kept: ${messageOf(error)}; give plain JSON data`, {
      cause: error,
    })
  }
}

/** What a store kept; null for a text that cannot be read. */
export function readAccepted(text: string): AcceptedJob | null {
  try {
    const { type, data, options } = JSON.parse(text) as { type: unknown; data: unknown; options: unknown }
    if (typeof type !== 'string' || typeof options !== 'object' || options === null) return null
    if (data !== null && typeof data !== 'string') return null
    const job = new AcceptedJob(type, data, options as Spec)
    job.data()
    return job
  } catch {
    return null
  }
}

/** Says what cannot be read of a job that a store lists; null for nothing. */
export function damageOf(job: ListedJob, accepted: AcceptedJob | null): string | null {
  if (job.damage != null) return job.damage
  return job.accepted !== null && accepted === null ? 'what it was accepted with cannot be read' : null
}
