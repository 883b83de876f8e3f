import type { Metric } from './metrics.ts'

/** What `prometheusText` gives, as an HTTP header. */
export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Metrics in Prometheus' text format, with the names that OpenTelemetry's rules give them there:
 * `nodejs.eventloop.delay.p99` in seconds becomes `nodejs_eventloop_delay_p99_seconds`.
 */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics.map(family).join('')
}

function family(metric: Metric): string {
  const name = nameOf(metric)
  const head = `# HELP ${name} ${metric.description.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${metric.kind}\n`
  return head + metric.points.map(({ attributes, value }) => `${name}${labels(attributes)} ${value}\n`).join('')
}

function nameOf({ name, unit, kind }: Metric): string {
  const suffix = unit === 's' ? '_seconds' : unit === '1' && kind === 'gauge' ? '_ratio' : ''
  return sanitize(name) + suffix + (kind === 'counter' ? '_total' : '')
}

function labels(attributes: Metric['points'][number]['attributes']): string {
  const entries = Object.entries(attributes)
  if (entries.length === 0) return ''
  return `{${entries.map(([key, value]) => `${sanitize(key)}="${escapeValue(value)}"`).join(',')}}`
}

const sanitize = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_')
const escapeValue = (value: string): string => value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
