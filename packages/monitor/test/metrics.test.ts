import { getRunningLoop, run } from '@loop/core'
import { expect, test } from 'vitest'
import { LoopMonitor, otlpMetrics, prometheusText } from '../src/index.ts'
import type { Metric } from '../src/index.ts'
import { metricsOf } from '../src/metrics.ts'
import { collecting, crunch, settled } from './support.ts'

const some: Metric[] = [
  {
    name: 'nodejs.eventloop.delay.p99',
    description: 'Delay.',
    unit: 's',
    kind: 'gauge',
    points: [{ attributes: {}, value: 0.25 }],
  },
  {
    name: 'nodejs.eventloop.utilization',
    description: 'Part of "time".',
    unit: '1',
    kind: 'gauge',
    points: [{ attributes: {}, value: 0.5 }],
  },
  {
    name: 'nodejs.eventloop.time',
    description: 'Two\nlines.',
    unit: 's',
    kind: 'counter',
    points: [
      { attributes: { 'nodejs.eventloop.state': 'active' }, value: 3 },
      { attributes: { 'nodejs.eventloop.state': 'say "\\"\n' }, value: 4 },
    ],
  },
  { name: 'loop.tasks', description: 'Tasks.', unit: '{task}', kind: 'gauge', points: [{ attributes: {}, value: 7 }] },
]

test('Prometheus gets names, units, types and escapes of its text format', () => {
  expect(prometheusText(some)).toBe(`# HELP nodejs_eventloop_delay_p99_seconds Delay.
# TYPE nodejs_eventloop_delay_p99_seconds gauge
nodejs_eventloop_delay_p99_seconds 0.25
# HELP nodejs_eventloop_utilization_ratio Part of "time".
# TYPE nodejs_eventloop_utilization_ratio gauge
nodejs_eventloop_utilization_ratio 0.5
# HELP nodejs_eventloop_time_seconds_total Two\\nlines.
# TYPE nodejs_eventloop_time_seconds_total counter
nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="active"} 3
nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="say \\"\\\\\\"\\n"} 4
# HELP loop_tasks Tasks.
# TYPE loop_tasks gauge
loop_tasks 7
`)
})

test('OpenTelemetry gets gauges and cumulative sums', () => {
  const { resourceMetrics } = otlpMetrics(some, { 'service.name': 'shop' })
  const nanoseconds = expect.stringMatching(/^\d{19}$/) as string
  const times = { startTimeUnixNano: nanoseconds, timeUnixNano: nanoseconds }
  expect(resourceMetrics[0]!.resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'shop' } }])
  const { scope, metrics } = resourceMetrics[0]!.scopeMetrics[0]!
  expect(scope).toEqual({ name: '@loop/monitor' })
  expect(metrics[0]).toEqual({
    name: 'nodejs.eventloop.delay.p99',
    description: 'Delay.',
    unit: 's',
    gauge: { dataPoints: [{ attributes: [], ...times, asDouble: 0.25 }] },
  })
  expect(metrics[2]!.sum).toMatchObject({ aggregationTemporality: 2, isMonotonic: true })
  expect(metrics[2]!.sum!.dataPoints[0]).toEqual({
    attributes: [{ key: 'nodejs.eventloop.state', value: { stringValue: 'active' } }],
    ...times,
    asDouble: 3,
  })
})

test('a monitor gives the metrics of the conventions, and those of its loop', async () => {
  const { monitor, reported } = collecting({ runTimes: true })
  const metrics = await run(async () => {
    using _monitor = monitor.start()
    await settled(monitor, getRunningLoop())
    getRunningLoop().callSoon(crunch, 300)
    await reported(1)
    await settled(monitor, getRunningLoop(), 1)
    return monitor.metrics()
  })
  const parts = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']
  expect(metrics.map(({ name }) => name)).toEqual([
    ...parts.map((part) => `nodejs.eventloop.delay.${part}`),
    ...parts.map((part) => `loop.handle.duration.${part}`),
    'nodejs.eventloop.utilization',
    'nodejs.eventloop.time',
    'loop.blocked',
    'loop.blocked.time',
    ...['turns', 'handles', 'events', 'timers_fired', 'ready', 'timers', 'tasks', 'sources'].map(
      (name) => `loop.${name}`,
    ),
  ])
  const value = (name: string): number => metrics.find((metric) => metric.name === name)!.points[0]!.value
  expect(value('loop.blocked')).toBe(1)
  expect(value('loop.tasks')).toBe(1)
  expect(value('loop.handle.duration.max')).toBeGreaterThan(0.29)
  expect(value('nodejs.eventloop.utilization')).toBeGreaterThan(0)
  expect(value('nodejs.eventloop.time')).toBeGreaterThan(0.29)
})

test('a monitor that has not begun gives no delays and nothing of a loop', () => {
  const names = new LoopMonitor().metrics().map(({ name }) => name)
  expect(names).toEqual(['nodejs.eventloop.utilization', 'nodejs.eventloop.time', 'loop.blocked', 'loop.blocked.time'])
})

test('seconds are what the conventions want', () => {
  const lag = { count: 1, min: 1, max: 250, mean: 2, stddev: 3, p50: 4, p90: 5, p99: 6 }
  const times = { active: 1500, idle: 500, utilization: 0.75 }
  const metrics = metricsOf({ lag, runTimes: null, times, blocked: { count: 2, duration: 700 }, statistics: null })
  expect(metrics.filter(({ unit }) => unit === 's').flatMap(({ points }) => points.map(({ value }) => value))).toEqual([
    0.001, 0.25, 0.002, 0.003, 0.004, 0.005, 0.006, 1.5, 0.5, 0.7,
  ])
})
