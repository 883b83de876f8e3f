import process from 'node:process'
import type { Distribution } from '../histograms.ts'

/** What an inspected loop shows beside its tasks, and whether it takes commands. */
export interface InspectableParts {
  /** Pools by the names to show, such as those of `@loop/executor`. */
  readonly pools?: Readonly<Record<string, { statistics(): object }>>
  /** A scheduler, such as that of `@loop/scheduler`. */
  readonly scheduler?: { status(): readonly object[]; cancel?(name: string): unknown }
  /** A running monitor: its lag is shown. */
  readonly monitor?: { lag(): Distribution }
  /** Lets the same user cancel tasks and jobs with `loop-inspect top`; nothing can be changed otherwise. */
  readonly control?: boolean
}

/** A pool as it is shown; what it has no number for is absent. */
export interface InspectedPool {
  readonly name: string
  readonly workers?: number
  readonly running?: number
  readonly waiting?: number
  readonly succeeded?: number
  readonly failed?: number
}

/** A job as it is shown. */
export interface InspectedJob {
  readonly name: string
  readonly schedule?: string
  readonly state?: string
  /** Milliseconds since 1970; null when it will not run again. */
  readonly nextRun?: number | null
  readonly lastOutcome?: string | null
  readonly runs?: number
  readonly failures?: number
}

/** What a process says of itself. */
export interface InspectedProcess {
  readonly pid: number
  /** What its command line begins with. */
  readonly title: string
  /** Milliseconds: since the start, of processor time of all threads, and of the wall clock. */
  readonly uptime: number
  readonly cpu: number
  readonly now: number
  /** Bytes. */
  readonly memory: number
  readonly control: boolean
}

/** The parts as members of a JSON object. A part that throws, or has no form in JSON, is left out: others are shown. */
export function sectionsOf({ pools = {}, scheduler, monitor, control = false }: InspectableParts): string {
  const sections = {
    process: () => processFigures(control),
    pools: () => Object.entries(pools).flatMap(([name, pool]) => poolFigures(name, pool)),
    jobs: () => (scheduler?.status() ?? []).map((job) => jobFigures(job as Record<string, unknown>)),
    lag: () => (monitor === undefined ? null : distribution(monitor.lag())),
  }
  return Object.entries(sections)
    .map(([name, take]) => `"${name}":${jsonOf(take)}`)
    .join(',')
}

function jsonOf(take: () => unknown): string {
  try {
    return JSON.stringify(take()) ?? 'null'
  } catch {
    return 'null'
  }
}

function processFigures(control: boolean): InspectedProcess {
  const { user, system } = process.cpuUsage()
  return {
    pid: process.pid,
    title: process.argv.slice(1, 2).join(' ') || process.title,
    uptime: process.uptime() * 1000,
    cpu: (user + system) / 1000,
    now: Date.now(),
    memory: process.memoryUsage.rss(),
    control,
  }
}

function poolFigures(name: string, pool: { statistics(): object }): InspectedPool[] {
  try {
    const { workers, running, waiting, succeeded, failed } = pool.statistics() as InspectedPool
    return [{ name, ...numbers({ workers, running, waiting, succeeded, failed }) }]
  } catch {
    return [{ name }]
  }
}

const numbers = (values: Readonly<Record<string, unknown>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'))

function jobFigures(job: Record<string, unknown>): InspectedJob {
  const { name, schedule, state, nextRun, lastOutcome, runs, failures } = job
  return {
    name: String(name),
    schedule: String(schedule ?? ''),
    state: String(state ?? ''),
    nextRun: nextRun instanceof Date ? nextRun.getTime() : null,
    lastOutcome: typeof lastOutcome === 'string' ? lastOutcome : null,
    ...numbers({ runs, failures }),
  }
}

const distribution = ({ p50, p99, max }: Distribution) => ({ p50, p99, max })
