import type { Host, HostTimer } from '@loop/core/lowlevel'

/**
 * From the shortest that a Node timer can do to a delay that people do not notice; then some 30 looks a second, which
 * cost a thousandth of a core for a hundred sources.
 */
const STEPS_MS: readonly number[] = [1, 2, 4, 8, 16, 32]

/** A timer whose delay grows step by step until it is reset. */
export class Backoff {
  private step = 0
  private timer: HostTimer = null

  constructor(
    private readonly host: Host,
    private readonly steps: readonly number[],
    private readonly look: () => void,
  ) {}

  /** Arms the timer with the current step, unless it is armed. */
  start(): void {
    this.timer ??= this.host.timer(this.fire, this.steps[this.step]!)
  }

  /** Arms the timer with the following step. */
  next(): void {
    if (this.step < this.steps.length - 1) this.step++
    this.start()
  }

  /** Something was ready: the next delay is the first step again. */
  reset(): void {
    this.step = 0
  }

  /** Disarms the timer; the step is kept. */
  stop(): void {
    if (this.timer !== null) this.host.clearTimer(this.timer)
    this.timer = null
  }

  private readonly fire = (): void => {
    this.timer = null
    this.look()
  }
}

/** The steps to use. Throws RangeError unless they are positive numbers. */
export function checkSteps(steps: readonly number[] = STEPS_MS): readonly number[] {
  if (steps.length === 0 || !steps.every((ms) => typeof ms === 'number' && ms > 0 && ms < 2 ** 31)) {
    throw new RangeError(`backoff is a list of positive numbers of milliseconds below 2^31, got [${steps.join(', ')}]`)
  }
  return [...steps]
}
