import type { Pollable } from '@loop/core'
import type { Interest, Token } from '@loop/core/lowlevel'

/** One watched source: its interest, and how it is asked. */
export class PollRegistration {
  /** Whether the source notifies of changes by itself. */
  readonly notifies: boolean
  private readonly release: () => void

  constructor(
    readonly source: Pollable,
    public interest: Interest,
    readonly token: Token,
    changed: (registration: PollRegistration) => void,
  ) {
    this.notifies = typeof source.onReady === 'function'
    this.release =
      source.onReady?.(() => {
        changed(this)
      }) ?? (() => {})
  }

  /**
   * The part of the interest that is ready. A source that throws counts as ready for all of it, as a broken descriptor
   * does: whoever then reads it meets the error, and the other sources are not harmed.
   */
  ask(): Interest {
    if (this.interest === 0) return 0
    try {
      return this.source.poll(this.interest) & this.interest
    } catch {
      return this.interest
    }
  }

  /** Stops the notifications. */
  stop(): void {
    this.release()
  }
}
