import type { EventLoop } from '@loop/core'
import type { BlockReport, LoopMonitorOptions } from '../src/index.ts'
import { LoopMonitor } from '../src/index.ts'

/** Holds the thread for `ms` milliseconds, as a computation does, and says how long it was. */
export function crunch(ms: number): number {
  const began = performance.now()
  while (performance.now() < began + ms);
  return performance.now() - began
}

/** A monitor that collects its reports, and what waits for a number of them. */
export function collecting(options: LoopMonitorOptions = {}): {
  monitor: LoopMonitor
  reports: BlockReport[]
  reported: (count: number) => Promise<void>
} {
  const reports: BlockReport[] = []
  const waiting: { count: number; reached: () => void }[] = []
  const monitor = new LoopMonitor({
    threshold: 200,
    interval: 50,
    ...options,
    onBlocked(report) {
      reports.push(report)
      for (const { count, reached } of waiting) if (reports.length >= count) reached()
    },
  })
  const reported = (count: number): Promise<void> =>
    reports.length >= count ? Promise.resolve() : new Promise((reached) => waiting.push({ count, reached }))
  return { monitor, reports, reported }
}

/** Resolves after the monitor's clock has begun and `beats` heartbeats have come: what follows is not start-up. */
export async function settled(monitor: LoopMonitor, loop: EventLoop, beats = 2): Promise<void> {
  const wanted = monitor.lag().count + beats
  while (monitor.lag().count < wanted) await new Promise<void>((next) => loop.callLater(10, next))
}
