import type { Clock } from '@loop/core'

/**
 * The two clocks of a host, made from the world's time: a monotonic one that starts at 0 with each boot and may run too
 * fast or too slow, and a wall clock that may also be wrong and jump.
 */
export class HostClock implements Clock {
  private baseWorld: number
  private baseHost = 0
  private frozenAt: number | null = null

  /**
   * @param world The world's time
   * @param rate Milliseconds of the host for each of the world
   */
  constructor(
    private readonly world: Clock,
    private rate: number,
  ) {
    this.baseWorld = world.now()
  }

  now(): number {
    return this.frozenAt ?? this.at(this.world.now())
  }

  /** The earliest time of the world at which this clock is `ms` further. */
  worldTimeAfter(ms: number): number {
    const now = this.world.now()
    if (ms <= 0) return now
    const goal = this.now() + ms
    let due = now + ms / this.rate
    // Conversions round: a moment that is one unit in the last place too early would be asked for again for ever.
    while (this.at(due) < goal || due <= now) due += Math.max(due, 1) * Number.EPSILON
    return due
  }

  /** From now on it runs at this rate. */
  setRate(rate: number): void {
    this.baseHost = this.now()
    this.baseWorld = this.world.now()
    this.rate = rate
  }

  /** It stands still for ever: nothing of its host comes due any more. */
  freeze(): void {
    this.frozenAt ??= this.now()
  }

  private at(worldTime: number): number {
    return this.baseHost + (worldTime - this.baseWorld) * this.rate
  }
}
