import type { BlockReport } from './block-report.ts'

/** Options of {@link LoopMonitor}. */
export interface LoopMonitorOptions {
  /** Milliseconds for which the loop may be blocked without a report; 100 by default, as in asyncio's debug mode. */
  readonly threshold?: number
  /** Milliseconds between two heartbeats, which measure the lag; 100 by default: ten samples a second. */
  readonly interval?: number
  /**
   * Also takes the stack at which a blocked loop stands. A second thread samples it through V8's profiler, once the
   * loop has been blocked for the threshold. Node only; elsewhere reports come without stacks. False by default.
   */
  readonly stacks?: boolean
  /**
   * Also measures how long each callback and task step takes (`monitor.runTimes`). It times every handle, which costs
   * far more than all the rest; false by default.
   */
  readonly runTimes?: boolean
  /** Called once for each block, after it; a process warning by default. Errors go to the loop's exception handler. */
  readonly onBlocked?: (report: BlockReport) => void
}

/** The options with their defaults, checked. */
export type MonitorSettings = Required<Omit<LoopMonitorOptions, 'onBlocked'>> & {
  readonly onBlocked: ((report: BlockReport) => void) | null
}

/** asyncio's number for a slow callback. */
const THRESHOLD_MS = 100
const INTERVAL_MS = 100

/** Fills in defaults. Throws RangeError or TypeError that names the option. */
export function checkOptions(options: LoopMonitorOptions): MonitorSettings {
  const {
    threshold = THRESHOLD_MS,
    interval = INTERVAL_MS,
    stacks = false,
    runTimes = false,
    onBlocked = null,
  } = options
  checkMilliseconds(threshold, 'threshold')
  checkMilliseconds(interval, 'interval')
  if (onBlocked !== null && typeof onBlocked !== 'function') {
    throw new TypeError(`onBlocked of a loop monitor must be a function, not ${typeof onBlocked}`)
  }
  return { threshold, interval, stacks, runTimes, onBlocked }
}

/** One millisecond is what timers resolve. */
function checkMilliseconds(value: unknown, name: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 1) {
    throw new RangeError(`the ${name} of a loop monitor is a number of milliseconds, at least 1, not ${String(value)}`)
  }
}
