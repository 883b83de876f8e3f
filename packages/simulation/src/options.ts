import { describe } from '@loop/core/lowlevel'
import { seedsToTry } from '@loop/policy'
import process from 'node:process'
import type { CheckedDiskConditions, DiskConditions } from './disk/disk.ts'
import { diskConditionsOf } from './disk/disk.ts'
import type { Conditions, NetworkConditions } from './network/conditions.ts'
import { conditionsOf } from './network/conditions.ts'
import type { FaultProfile } from './world/fault-profile.ts'

/** What is checked beside what the test checks. */
export type Check = 'twice' | 'ambient'

/** Options of {@link simulate}. */
export interface SimulateOptions {
  /** The first seed, or the only one; 1 by default. A whole number from 0 to 2^32 - 1. */
  readonly seed?: number
  /** How many seeds are tried, one after the other, until one fails; 1 by default. */
  readonly runs?: number
  /** How the network behaves. */
  readonly network?: NetworkConditions
  /** How the disks behave. */
  readonly disk?: DiskConditions
  /** Faults that happen at random: true for all kinds, or which and how often. None by default. */
  readonly faults?: boolean | FaultProfile
  /**
   * Varies durations, too, by the seed: half of the timers run late, by up to this part of their delay (true is 0.5).
   * As in `explore` of @loop/policy.
   */
  readonly jitter?: number | boolean
  /** Wall time at the beginning: a Date, its text, or milliseconds since 1970; 2000-01-01T00:00:00Z by default. */
  readonly start?: Date | string | number
  /** Milliseconds of virtual time after which a run fails; a week by default, Infinity for no limit. */
  readonly limit?: number
  /**
   * 'twice' runs each seed twice and compares all that happened, 'ambient' fails a run in which a host asks for real
   * time, real I/O or another source of chance; or both, in an array.
   */
  readonly check?: Check | readonly Check[]
  /** How many runs may be spent on finding the fewest faults that a failure needs; 200 by default, 0 for none. */
  readonly shrink?: number
  /** The directory that the diagram of a failing run is written to; one of the system for temporary files by default. */
  readonly reports?: string | null
}

/** What a single run takes. */
export interface RunSettings {
  readonly network: Conditions
  readonly disk: CheckedDiskConditions
  readonly faults: FaultProfile | null
  readonly jitter: number
  readonly startMs: number
  readonly limit: number
  /** Whether the trace is kept to be read. */
  readonly keeps: boolean
  /** The faults that may happen; null for all. */
  readonly onlyFaults: ReadonlySet<string> | null
}

/** What all runs take. */
export interface Settings {
  readonly seeds: readonly number[]
  readonly run: RunSettings
  readonly checks: ReadonlySet<Check>
  readonly shrink: number
  readonly reports: string | null | undefined
}

/** Any fixed time would do; this is the one of @loop/policy. */
const DEFAULT_START = '2000-01-01T00:00:00Z'
/** Half of a delay more lets most neighbours change places. */
const JITTER = 0.5
/** No test means to take longer; a program that goes on for ever is to fail with its seed. */
const LIMIT_MS = 7 * 24 * 3_600_000
/** At some milliseconds a run, this ends within seconds. */
const SHRINK = 200
/** The variable of the environment that holds the faults of a run to replay. */
export const ONLY_FAULTS = 'LOOP_FAULTS'

const NAMES = new Set('seed runs network disk faults jitter start limit check shrink reports'.split(' '))

/** Reads the options. Throws TypeError or RangeError for what means nothing. */
export function settingsOf(options: SimulateOptions): Settings {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw new TypeError(`the options of simulate are an object, not ${describe(options)}`)
  for (const name of Object.keys(options))
    if (!NAMES.has(name)) throw new RangeError(`simulate has no option "${name}"; it has ${[...NAMES].join(', ')}`)
  const { seed = 1, runs = 1, limit = LIMIT_MS, shrink = SHRINK, check = [], faults = false } = options
  if (!(typeof limit === 'number' && limit > 0))
    throw new RangeError(`limit is a number of milliseconds above 0, not ${describe(limit)}`)
  if (!(Number.isInteger(shrink) && shrink >= 0))
    throw new RangeError(`shrink is a whole number of runs from 0, not ${describe(shrink)}`)
  const checks = new Set(typeof check === 'string' ? [check] : check)
  for (const each of checks)
    if (each !== 'twice' && each !== 'ambient')
      throw new RangeError(`check is 'twice' or 'ambient', or both in an array, not ${describe(each)}`)
  return {
    seeds: seedsToTry({ firstSeed: seed, runs }),
    run: {
      network: conditionsOf(options.network),
      disk: diskConditionsOf(options.disk),
      faults: faults === false ? null : faults === true ? {} : faults,
      jitter: jitterOf(options.jitter),
      startMs: startOf(options.start ?? DEFAULT_START),
      limit,
      keeps: false,
      onlyFaults: faultsToReplay(),
    },
    checks,
    shrink,
    reports: options.reports,
  }
}

function faultsToReplay(): ReadonlySet<string> | null {
  const text = process.env[ONLY_FAULTS]
  if (text === undefined || text === '') return null
  return new Set(text === 'none' ? [] : text.split(','))
}

function jitterOf(jitter: number | boolean = 0): number {
  if (typeof jitter === 'boolean') return jitter ? JITTER : 0
  if (!(jitter >= 0 && jitter < Infinity))
    throw new RangeError(`jitter is true, or how much of its delay a timer may be late, not ${describe(jitter)}`)
  return jitter
}

function startOf(start: Date | string | number): number {
  const ms = new Date(start).getTime()
  if (Number.isNaN(ms))
    throw new RangeError(`start is a Date, its text or milliseconds since 1970, not ${describe(start)}`)
  return ms
}
