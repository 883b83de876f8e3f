import { performance } from 'node:perf_hooks'
import type { Metric, MetricPoint } from './metrics.ts'

/** OTLP's number for values counted since the start. */
const CUMULATIVE = 2

/** One value as OTLP writes it. */
export interface OtlpPoint {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[]
  /** Nanoseconds since 1970, in digits. */
  readonly startTimeUnixNano: string
  readonly timeUnixNano: string
  readonly asDouble: number
}

/** One metric as OTLP writes it: with `gauge` or with `sum`. */
export interface OtlpMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] }
  readonly sum?: {
    readonly aggregationTemporality: number
    readonly isMonotonic: true
    readonly dataPoints: readonly OtlpPoint[]
  }
}

/** A request of OpenTelemetry's protocol, to be sent as JSON. */
export interface OtlpRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: OtlpPoint['attributes'] }
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string }
      readonly metrics: readonly OtlpMetric[]
    }[]
  }[]
}

/**
 * Metrics as a request of OpenTelemetry's protocol (OTLP), which collectors take by HTTP:
 *
 * ```ts
 * await fetch('http://localhost:4318/v1/metrics', {
 *   method: 'POST',
 *   headers: { 'content-type': 'application/json' },
 *   body: JSON.stringify(otlpMetrics(monitor.metrics(), { 'service.name': 'shop' })),
 * })
 * ```
 */
export function otlpMetrics(metrics: readonly Metric[], resource: Readonly<Record<string, string>> = {}): OtlpRequest {
  const times = { startTimeUnixNano: nanoseconds(performance.timeOrigin), timeUnixNano: nanoseconds(Date.now()) }
  const point = ({ attributes, value }: MetricPoint): OtlpPoint => ({
    attributes: attributesOf(attributes),
    ...times,
    asDouble: value,
  })
  const convert = ({ name, description, unit, kind, points }: Metric): OtlpMetric => {
    const dataPoints = points.map(point)
    if (kind === 'gauge') return { name, description, unit, gauge: { dataPoints } }
    return { name, description, unit, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } }
  }
  const scopeMetrics = [{ scope: { name: '@loop/monitor' }, metrics: metrics.map(convert) }]
  return { resourceMetrics: [{ resource: { attributes: attributesOf(resource) }, scopeMetrics }] }
}

const attributesOf = (attributes: Readonly<Record<string, string>>): OtlpPoint['attributes'] =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))

/** Whole microseconds, because a double holds no more of today's nanoseconds. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1000)}000`
