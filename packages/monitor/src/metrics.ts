import type { LoopStatistics } from '@loop/core'
import type { Distribution } from './histograms.ts'
import type { LoopTimes } from './utilization.ts'

/** A metric as OpenTelemetry describes one. */
export interface Metric {
  /** OpenTelemetry's name where it has one (`nodejs.eventloop.*`), else one of `loop.*`. */
  readonly name: string
  readonly description: string
  /** A unit of UCUM: 's', '1', '{task}'. */
  readonly unit: string
  /** A 'counter' only grows. */
  readonly kind: 'gauge' | 'counter'
  readonly points: readonly MetricPoint[]
}

/** One value of a metric. */
export interface MetricPoint {
  readonly attributes: Readonly<Record<string, string>>
  readonly value: number
}

/** What a monitor knows, as the metrics are made of it. */
export interface Measured {
  readonly lag: Distribution
  readonly runTimes: Distribution | null
  readonly times: LoopTimes
  readonly blocked: { readonly count: number; readonly duration: number }
  /** Null while no loop is watched. */
  readonly statistics: LoopStatistics | null
}

const MS_PER_SECOND = 1000
/** The values of a distribution that OpenTelemetry's conventions for Node name. */
const PARTS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'] as const

/** What the loop counts: its statistics' field, unit and what it is. */
const COUNTED = [
  ['turns', '{turn}', 'counter', 'Turns of the loop.'],
  ['handles', '{handle}', 'counter', 'Callbacks, task steps and wake-ups run.'],
  ['events', '{event}', 'counter', 'I/O events taken from the selector.'],
  ['timersFired', '{timer}', 'counter', 'Timers that came due.'],
  ['ready', '{handle}', 'gauge', 'Entries in the ready queue.'],
  ['timers', '{timer}', 'gauge', 'Timers waiting.'],
  ['tasks', '{task}', 'gauge', 'Tasks not done.'],
  ['sources', '{source}', 'gauge', 'Sources registered with the selector.'],
] as const satisfies readonly (readonly [keyof LoopStatistics, string, Metric['kind'], string])[]

/** The metrics of one moment. Distributions without a value are left out. */
export function metricsOf({ lag, runTimes, times, blocked, statistics }: Measured): Metric[] {
  return [
    ...distribution('nodejs.eventloop.delay', 'Event loop delay', lag),
    ...(runTimes === null
      ? []
      : distribution('loop.handle.duration', 'Duration of callbacks and task steps', runTimes)),
    single('nodejs.eventloop.utilization', 'Event loop utilization.', '1', 'gauge', times.utilization),
    {
      name: 'nodejs.eventloop.time',
      description: 'Cumulative duration of time the event loop has been in each state.',
      unit: 's',
      kind: 'counter',
      points: (['active', 'idle'] as const).map((state) => ({
        attributes: { 'nodejs.eventloop.state': state },
        value: times[state] / MS_PER_SECOND,
      })),
    },
    single('loop.blocked', 'Blocks over the threshold.', '{block}', 'counter', blocked.count),
    single('loop.blocked.time', 'Time in blocks over the threshold.', 's', 'counter', blocked.duration / MS_PER_SECOND),
    ...(statistics === null
      ? []
      : COUNTED.map(([field, unit, kind, description]) =>
          single(`loop.${snakeCase(field)}`, description, unit, kind, statistics[field]),
        )),
  ]
}

function distribution(name: string, what: string, values: Distribution): Metric[] {
  if (values.count === 0) return []
  return PARTS.map((part) => single(`${name}.${part}`, `${what}, ${part}.`, 's', 'gauge', values[part] / MS_PER_SECOND))
}

function single(name: string, description: string, unit: string, kind: Metric['kind'], value: number): Metric {
  return { name, description, unit, kind, points: [{ attributes: {}, value }] }
}

/** OpenTelemetry's style for names of several words. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
