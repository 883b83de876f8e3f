import type { ShutdownReport } from './shutdown-report.ts'
import type { PhaseLimits } from './timetable.ts'

/** Gets what a shutdown does, line by line; `console` fits. */
export interface ShutdownLogger {
  info(message: string): void
  error(message: string): void
}

/** Options of {@link gracefulShutdown}. */
export interface GracefulShutdownOptions {
  /** The signals that begin it; SIGINT and SIGTERM by default, on Windows also SIGBREAK and SIGHUP. */
  readonly signals?: readonly string[]
  /**
   * Milliseconds for all phases together, from the first signal on; 10,000 by default, which is what Docker waits
   * before it kills.
   */
  readonly timeout?: number
  /** Milliseconds for single phases; those without a limit share the rest of `timeout`. */
  readonly limits?: PhaseLimits
  /** Called at each of the signals, with how many there have been. */
  readonly onSignal?: (signal: string, count: number) => void
  /** Called when it is cut, before the process exits. */
  readonly onTimeout?: (report: ShutdownReport) => void
  /**
   * Called at SIGHUP; calls follow one another, also when they take time. A function of either coroutine form. Never
   * called on Windows, where SIGHUP is the closed console.
   */
  readonly onReload?: () => unknown
  /**
   * Gets phases and failures. By default only a report that nobody else gets is written, by `console.error`: what did
   * not end when the shutdown was cut, or when no task was in `wait`.
   */
  readonly logger?: ShutdownLogger
  /** Ends the process when the shutdown is forced; `process.exit` by default. */
  readonly exit?: (code: number) => void
}
