import { SeededRandom } from '@loop/policy'

/**
 * Random numbers of a simulation: the seed decides them, and only whole-number operations are used, so that they are
 * the same on every machine and runtime.
 *
 * Who draws from one stream disturbs everybody else who does. So each part of the world has a stream of its own, made
 * with `fork`: what changes in one place leaves the others as they were.
 */
export class Random extends SeededRandom {
  constructor(private readonly seed: number) {
    super(seed)
  }

  /** A stream of its own, which depends on the seed and on `name` alone, not on what was drawn before. */
  fork(name: string): Random {
    let mixed = this.seed ^ 0x811c9dc5
    for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x01000193)
    return new Random(mixed >>> 0)
  }

  /** True with this probability, from 0 to 1. Draws nothing when it is 0. */
  chance(probability: number): boolean {
    return probability > 0 && this.below(MILLION) < probability * MILLION
  }

  /** A number of milliseconds from `least` to `most`, in whole microseconds. */
  between(least: number, most: number): number {
    return least + this.below(Math.round((most - least) * MICROSECONDS) + 1) / MICROSECONDS
  }

  /** One of the items. Throws RangeError when there is none. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from: the list is empty')
    return items[this.below(items.length)]!
  }

  /** So many random bytes. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  /** A random UUID of version 4, as `crypto.randomUUID()` makes them. */
  uuid(): string {
    const bytes = this.bytes(16)
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
}

/** Probabilities are as fine as one in a million. */
const MILLION = 1_000_000
/** Of a millisecond. */
const MICROSECONDS = 1000
