import { clearInterval, setInterval } from 'node:timers'
import type { EventLoop, TimerHandle } from '@loop/core'

/** One heartbeat as it came. */
export interface Beat {
  /** Milliseconds by which it was late. */
  readonly lag: number
  /** Milliseconds since the one before. */
  readonly silence: number
}

/**
 * A timer on the loop that comes again and again; how late it comes is the lag of the loop.
 *
 * A loop that was stopped in between is not late. It is noticed by a timer of the host, which runs while the loop does
 * not.
 */
export class Heartbeat implements Disposable {
  private timer: TimerHandle | null = null
  private readonly guard: NodeJS.Timeout
  private lastBeat: number
  private due = 0
  private stood = true

  constructor(
    private readonly loop: EventLoop,
    private readonly interval: number,
    /** Gets null for a beat that says nothing, because the loop was stopped since the one before. */
    private readonly onBeat: (beat: Beat | null) => void,
    onStopped: () => void,
    guardInterval: number,
  ) {
    this.lastBeat = loop.time()
    this.stood = !loop.isRunning()
    this.guard = setInterval(() => {
      if (loop.isRunning()) return
      this.stood = true
      onStopped()
    }, guardInterval)
    this.guard.unref()
    this.schedule()
  }

  /** How it stands between two beats: what a beat would say now. Null when the loop does not run, or did not. */
  now(): Beat | null {
    if (this.stood || !this.loop.isRunning()) return null
    const now = this.loop.time()
    return { lag: Math.max(0, now - this.due), silence: now - this.lastBeat }
  }

  [Symbol.dispose](): void {
    clearInterval(this.guard)
    this.timer?.cancel()
  }

  private schedule(): void {
    this.due = this.loop.time() + this.interval
    this.timer = this.loop.callAt(this.due, heartbeat, this)
  }

  /** @internal */
  beat(): void {
    const beat = this.now()
    this.stood = false
    this.lastBeat = this.loop.time()
    this.schedule()
    this.onBeat(beat)
  }
}

/** The name under which it stands in traces. */
function heartbeat(heart: Heartbeat): void {
  heart.beat()
}
