import type { BlockReport } from '@loop/monitor'
import { LoopMonitor } from '@loop/monitor'
import type { SlowCallback, SlowFigures } from '@loop/demo-page/wire'

/** Milliseconds; asyncio's number for a slow callback. */
const THRESHOLD = 100

/** How many are kept: what a person reads. */
const KEPT = 10

/** The service's monitor, and the last blocks that it reported. */
export class SlowCallbacks {
  readonly monitor = new LoopMonitor({
    threshold: THRESHOLD,
    stacks: true,
    onBlocked: (report) => {
      this.remember(report)
    },
  })
  private readonly last: SlowCallback[] = []

  figures(): SlowFigures {
    const { count, duration } = this.monitor.blocked()
    return { threshold: THRESHOLD, count, duration, stacks: this.monitor.stacks, last: this.last }
  }

  private remember({ duration, kind, name, stack }: BlockReport): void {
    this.last.unshift({ id: this.monitor.blocked().count, at: Date.now(), duration, kind, name, stack: stack ?? null })
    this.last.length = Math.min(this.last.length, KEPT)
  }
}
