/**
 * What a running loop suffers from, at a cost that production can bear. Three witnesses:
 *
 *     heartbeat     a timer on the loop: how late it comes is the lag
 *     clock         a second thread counts time; the turn compares it after each handle: who held the loop, for how long
 *     watchdog      the same thread, with `stacks`: when the heartbeat is overdue it looks at the stack
 */
import type { EventLoop, Runnable, TickWatcher } from '@loop/core'
import { getRunningLoop, InvalidStateError } from '@loop/core'
import { BlockDetector } from './block-detector.ts'
import type { BlockReport } from './block-report.ts'
import { warnOfBlock } from './block-report.ts'
import { Heartbeat } from './heartbeat.ts'
import type { Beat } from './heartbeat.ts'
import type { Distribution } from './histograms.ts'
import { DurationHistogram } from './histograms.ts'
import type { LoopMonitorOptions, MonitorSettings } from './options.ts'
import { checkOptions } from './options.ts'
import { Utilization } from './utilization.ts'
import type { LoopTimes } from './utilization.ts'
import { canSampleStacks, WatchThread } from './watch-thread.ts'

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
  private blockedMs = 0

  constructor(options: LoopMonitorOptions = {}) {
    this.settings = checkOptions(options)
    this.handleTimes = this.settings.runTimes ? new DurationHistogram() : null
  }

  /** Begins to watch `loop`, the running one by default. Throws InvalidStateError when it, or another monitor of the loop, does already. */
  start(loop: EventLoop = getRunningLoop()): this {
    if (this.watch !== null) throw new InvalidStateError('this monitor already watches a loop; make one for each loop')
    this.watch = new Watch(loop, this.settings, this.lagTimes, this.handleTimes, (report) => {
      this.tell(loop, report)
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
    return { count: this.blockedCount, duration: this.blockedMs }
  }

  /** Forgets the distributions. */
  reset(): void {
    this.lagTimes.reset()
    this.handleTimes?.reset()
  }

  private tell(loop: EventLoop, report: BlockReport): void {
    this.blockedCount++
    this.blockedMs += report.duration
    try {
      ;(this.settings.onBlocked ?? warnOfBlock)(report)
    } catch (exception) {
      loop.callExceptionHandler({ message: 'onBlocked of a loop monitor failed', exception })
    }
  }
}

/** One loop being watched: `made (handle | beat)* disposed`. */
class Watch implements TickWatcher, Disposable {
  private readonly thread: WatchThread
  private readonly heart: Heartbeat
  private readonly detector: BlockDetector
  private readonly observer: Disposable | null
  /** A report that waits for its stack. */
  private held: Omit<BlockReport, 'stack'> | null = null

  constructor(
    readonly loop: EventLoop,
    private readonly settings: MonitorSettings,
    private readonly lags: DurationHistogram,
    runTimes: DurationHistogram | null,
    private readonly tell: (report: BlockReport) => void,
  ) {
    const { threshold, interval, stacks } = settings
    this.detector = new BlockDetector(threshold, (report) => {
      this.addStack(report)
    })
    this.thread = new WatchThread(threshold, stacks && canSampleStacks, (stack) => {
      this.release(stack)
    })
    try {
      loop.watchTicks(this)
    } catch (error) {
      this.thread[Symbol.dispose]()
      throw error
    }
    this.heart = new Heartbeat(
      loop,
      interval,
      (beat) => {
        this.beat(beat)
      },
      () => {
        this.thread.expectNothing()
      },
      Math.min(interval, threshold),
    )
    this.observer = runTimes === null ? null : loop.addObserver({ handleEnded: (_runnable, ms) => { runTimes.record(ms) } })
  }

  get ticks(): Int32Array {
    return this.thread.ticks
  }

  ticked(runnable: Runnable, passed: number): void {
    this.detector.handleTook(runnable, passed * this.thread.tick, this.heart.now()?.silence ?? 0)
  }

  [Symbol.dispose](): void {
    this.detector.beat(this.heart.now())
    this.release(undefined)
    this.loop.watchTicks(null)
    this.observer?.[Symbol.dispose]()
    this.heart[Symbol.dispose]()
    this.thread[Symbol.dispose]()
  }

  private beat(beat: Beat | null): void {
    this.thread.expectBeatIn(this.settings.interval)
    if (beat !== null) this.recordLag(beat.lag)
    this.detector.beat(beat)
    // A stack that nothing was reported for is not that of the next block.
    if (this.held === null) this.thread.takeStack()
  }

  /** The beats that could not come count, too: else a long block would be one sample among many, and no percentile would show it. */
  private recordLag(lag: number): void {
    let left = lag
    do {
      this.lags.record(left)
      left -= this.settings.interval
    } while (left > 0)
  }

  private addStack(report: Omit<BlockReport, 'stack'>): void {
    this.release(undefined)
    const taken = this.thread.takeStack()
    if (taken === 'coming') this.held = report
    else this.tell({ ...report, stack: taken.stack })
  }

  /** Lets a held report go, with its stack or without. */
  private release(stack: string | undefined): void {
    const { held } = this
    this.held = null
    if (held !== null) this.tell({ ...held, stack })
  }
}
