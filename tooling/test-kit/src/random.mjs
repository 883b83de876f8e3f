/**
 * A small seeded generator (sfc32), so that a seed alone names a program on every machine and runtime.
 *
 * Programs must not depend on Math.random: a difference has to be found again from the number that was printed.
 */
export class Random {
  #a
  #b
  #c
  #counter = 1

  /** @param {number} seed any integer; equal seeds give equal sequences */
  constructor(seed) {
    this.#a = seed | 0
    this.#b = (seed / 0x1_0000_0000) | 0
    this.#c = 0x9e3779b9 | 0
    // Seeds that differ in one bit give alike first values; twelve rounds are what the author of sfc32 uses to part
    // them.
    for (let i = 0; i < 12; i++) this.#next()
  }

  #next() {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A whole number from `low` to `high`, both included. @param {number} low @param {number} high */
  int(low, high) {
    return low + (this.#next() % (high - low + 1))
  }

  /** True in `percent` of a hundred cases. @param {number} percent */
  chance(percent) {
    return this.#next() % 100 < percent
  }

  /** One element. @template T @param {readonly T[]} items @returns {T} */
  pick(items) {
    return /** @type {T} */ (items[this.#next() % items.length])
  }

  /** One key of a table of weights. @template {string} K @param {Readonly<Record<K, number>>} weights @returns {K} */
  weighted(weights) {
    const entries = /** @type {[K, number][]} */ (Object.entries(weights))
    let at = this.#next() % entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [key, weight] of entries) {
      if (at < weight) return key
      at -= weight
    }
    throw new Error('weights sum to nothing')
  }
}
