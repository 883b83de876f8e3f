import type { Clock } from '../contracts/services.ts'

/** A clock that stands still until it is moved; milliseconds. */
export class VirtualClock implements Clock {
  constructor(private time = 0) {}

  now(): number {
    return this.time
  }

  /** Moves it on by `ms` milliseconds. Throws RangeError for a negative number or NaN. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`a clock moves forward only, not by ${ms} ms`)
    this.time += ms
  }

  /** Moves it on to `time`; a time that has passed changes nothing. */
  moveTo(time: number): void {
    if (time > this.time) this.time = time
  }
}
