/**
 * What a running loop suffers from, at a cost that production can bear. Three witnesses:
 *
 *     heartbeat     a timer on the loop: how late it comes is the lag
 *     clock         a second thread counts time; the turn compares it after each handle: who held the loop, for how
 *     long watchdog      the same thread, with `stacks`: when the heartbeat is overdue it looks at the stack
 */
import type { EventLoop } from '@loop/core'
import { getRunningLoop, InvalidStateError } from '@loop/core'
import type { BlockReport } from './block-report.ts'
import { warnOfBlock } from './block-report.ts'
import type { Distribution } from './histograms.ts'
import { DurationHistogram } from './histograms.ts'
import type { Metric } from './metrics.ts'
import { metricsOf } from './metrics.ts'
import type { LoopMonitorOptions, MonitorSettings } from './options.ts'
import { checkOptions } from './options.ts'
import { Utilization } from './utilization.ts'
import type { LoopTimes } from './utilization.ts'
import { Watch } from './watch.ts'
import { canSampleStacks } from './watch-thread.ts'

/** What has been blocked so far. */
export interface BlockTotals {
  /** Reports made. */
  readonly count: number
  /** Milliseconds, all reports together. */
  readonly duration: number
}

/**
 * Warns when a loop was blocked for longer than a threshold: for how long, and by what. It also measures the lag.
 *
 * ```ts
 * using monitor = new LoopMonitor({ threshold: 200, stacks: true, onBlocked: (report) => log.warn(describeBlock(report)) })
 * monitor.start()
 * ```
 *
 * Stop it before the loop is closed. Its constructor throws RangeError or TypeError for options that make no sense.
 */
export class LoopMonitor implements Disposable {
  private readonly settings: MonitorSettings
  private readonly lagTimes = new DurationHistogram()
  private readonly handleTimes: DurationHistogram | null
  private readonly utilization = new Utilization()
  private watch: Watch | null = null
  private blockedCount = 0
  private blockedTime = 0

  constructor(options: LoopMonitorOptions = {}) {
    this.settings = checkOptions(options)
    this.handleTimes = this.settings.runTimes ? new DurationHistogram() : null
  }

  /**
   * Begins to watch `loop`, the running one by default. Throws InvalidStateError when it, or another monitor of the
   * loop, does already.
   */
  start(loop: EventLoop = getRunningLoop()): this {
    if (this.watch !== null) throw new InvalidStateError('this monitor already watches a loop; make one for each loop')
    this.watch = new Watch(loop, this.settings, this.lagTimes, this.handleTimes, (report) => {
      this.emit(loop, report)
    })
    this.utilization.start()
    return this
  }

  /** Ends watching; a block that is not reported yet is reported now. Nothing happens when it does not watch. */
  stop(): void {
    this.watch?.[Symbol.dispose]()
    this.watch = null
  }

  [Symbol.dispose](): void {
    this.stop()
  }

  /** The loop that it watches, or null. */
  get loop(): EventLoop | null {
    return this.watch?.loop ?? null
  }

  /** Whether stacks are taken: 'unsupported' when they were asked for where the runtime or the thread has no way to. */
  get stacks(): 'on' | 'off' | 'unsupported' {
    if (!this.settings.stacks) return 'off'
    return canSampleStacks ? 'on' : 'unsupported'
  }

  /** How late the loop's timers were, in milliseconds, since the monitor was made or reset. */
  lag(): Distribution {
    return this.lagTimes.snapshot()
  }

  /** How long handles took, in milliseconds; null without the option `runTimes`. */
  runTimes(): Distribution | null {
    return this.handleTimes?.snapshot() ?? null
  }

  /** How the thread spent its time since the monitor was started. */
  times(): LoopTimes {
    return this.utilization.times()
  }

  /** What was reported so far. */
  blocked(): BlockTotals {
    return { count: this.blockedCount, duration: this.blockedTime }
  }

  /** Everything it knows, as metrics of this moment; for `prometheusText` and `otlpMetrics`. */
  metrics(): Metric[] {
    return metricsOf({
      lag: this.lag(),
      runTimes: this.runTimes(),
      times: this.times(),
      blocked: this.blocked(),
      statistics: this.watch?.loop.statistics() ?? null,
    })
  }

  /** Forgets the distributions. */
  reset(): void {
    this.lagTimes.reset()
    this.handleTimes?.reset()
  }

  private emit(loop: EventLoop, report: BlockReport): void {
    this.blockedCount++
    this.blockedTime += report.duration
    const failed = (exception: unknown): void => {
      loop.callExceptionHandler({ message: 'onBlocked of a loop monitor failed', exception })
    }
    try {
      const made: unknown = (this.settings.onBlocked ?? warnOfBlock)(report)
      // A rejection that nobody handles ends the process.
      if (typeof (made as PromiseLike<unknown> | undefined)?.then === 'function') Promise.resolve(made).catch(failed)
    } catch (exception) {
      failed(exception)
    }
  }
}
