import { describe } from '@loop/core/lowlevel'

/** The largest seed: seeds are whole numbers of 32 bits. */
export const LARGEST_SEED = 2 ** 32 - 1

/** Whether a number can be a seed. */
export function isSeed(seed: number): boolean {
  return Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED
}

/**
 * Random numbers that a seed decides, the same on every machine and runtime: the 32-bit generator "splitmix32", which
 * has only integer operations and, unlike smaller ones, does not start alike for seeds that are neighbours.
 */
export class SeededRandom {
  private state: number

  /** Throws RangeError unless `seed` is a whole number from 0 to 2^32 - 1. */
  constructor(seed: number) {
    if (!isSeed(seed)) {
      throw new RangeError(`a seed is a whole number from 0 to ${LARGEST_SEED}, not ${describe(seed)}`)
    }
    this.state = seed | 0
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit)
  }

  /** The items in a random order. */
  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items]
    return items.map(() => left.splice(this.below(left.length), 1)[0]!)
  }

  /** A whole number from 0 to 2^32 - 1. The constants are those of the published algorithm. */
  private next(): number {
    this.state = (this.state + 0x9e3779b9) | 0
    let mixed = this.state ^ (this.state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}
