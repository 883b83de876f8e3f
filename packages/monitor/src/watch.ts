import process from 'node:process'
import type { EventLoop, Runnable } from '@loop/core'
import type { TickWatcher } from '@loop/core/lowlevel'
import { BlockDetector } from './block-detector.ts'
import type { BlockReport } from './block-report.ts'
import { LoopChannels } from './channels.ts'
import type { Beat } from './heartbeat.ts'
import { Heartbeat } from './heartbeat.ts'
import type { DurationHistogram } from './histograms.ts'
import type { MonitorSettings } from './options.ts'
import { STOOD_SHARE, TICKS } from './shared-clock.ts'
import { canSampleStacks, WatchThread } from './watch-thread.ts'

/** One loop being watched: `made (handle | beat)* disposed`. */
export class Watch implements TickWatcher, Disposable {
  /** A field and no getter: the turn reads it once a handle. */
  readonly ticks: Int32Array
  private readonly thread: WatchThread
  private readonly heart: Heartbeat
  private readonly detector: BlockDetector
  private readonly channels: LoopChannels
  private readonly observer: Disposable | null
  /** The clock and the time on a processor, in milliseconds, at the last heartbeat. */
  private ticksAtBeat = 0
  private cpuAtBeat = cpuTime()
  /** A report that waits for its stack. */
  private held: Omit<BlockReport, 'stack'> | null = null

  constructor(
    readonly loop: EventLoop,
    private readonly settings: MonitorSettings,
    private readonly lags: DurationHistogram,
    runTimes: DurationHistogram | null,
    private readonly emit: (report: BlockReport) => void,
  ) {
    const { threshold, interval, stacks } = settings
    this.detector = new BlockDetector(threshold, (report) => {
      this.addStack(report)
    })
    this.thread = new WatchThread(threshold, stacks && canSampleStacks, (stack) => {
      this.release(stack)
    })
    this.ticks = this.thread.ticks
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
    this.channels = new LoopChannels(loop)
    this.channels.update()
    this.observer =
      runTimes === null
        ? null
        : loop.addObserver({
            handleEnded: (_runnable, ms) => {
              runTimes.record(ms)
            },
          })
  }

  ticked(runnable: Runnable, passed: number): void {
    this.detector.handleTook(runnable, passed * this.thread.tick, this.heart.now()?.silence ?? 0)
  }

  [Symbol.dispose](): void {
    const beat = this.heart.now()
    this.detector.beat(beat, this.stood(beat))
    this.release(undefined)
    this.loop.watchTicks(null)
    this.observer?.[Symbol.dispose]()
    this.channels[Symbol.dispose]()
    this.heart[Symbol.dispose]()
    this.thread[Symbol.dispose]()
  }

  private beat(beat: Beat | null): void {
    this.thread.expectBeatIn(this.settings.interval)
    if (beat !== null) this.recordLag(beat.lag)
    this.channels.update()
    this.detector.beat(beat, this.stood(beat))
    // A stack that nothing was reported for is not that of the next block.
    if (this.held === null) this.thread.takeStack()
  }

  /**
   * For how many milliseconds since the last heartbeat the process stood still: its other thread did not live through
   * them either, and no thread had a processor.
   */
  private stood(beat: Beat | null): number {
    const before = this.ticksAtBeat
    const cpu = cpuTime()
    const used = cpu - this.cpuAtBeat
    this.ticksAtBeat = Atomics.load(this.ticks, TICKS)
    this.cpuAtBeat = cpu
    // The thread has not begun yet.
    if (beat === null || before === 0) return 0
    const { tick } = this.thread
    const lived = ((this.ticksAtBeat - before) | 0) * tick
    const missing = beat.silence - lived
    return missing >= this.settings.threshold && used < lived + tick + STOOD_SHARE * missing ? missing : 0
  }

  /**
   * The beats that could not come count, too: else a long block would be one sample among many, and no percentile would
   * show it.
   */
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
    else this.emit({ ...report, stack: taken.stack })
  }

  /** Lets a held report go, with its stack or without. */
  private release(stack: string | undefined): void {
    const { held } = this
    this.held = null
    if (held !== null) this.emit({ ...held, stack })
  }
}

/** Milliseconds that all threads together have had. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
