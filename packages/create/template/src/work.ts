// What computes. These functions run in threads: they may import whatever they need, and share nothing.

/** How many primes there are below a number. */
export function countPrimes(below: number): number {
  const composite = new Uint8Array(Math.max(0, Math.ceil(below)))
  let count = 0
  for (let n = 2; n < below; n++) {
    if (composite[n] === 1) continue
    count++
    for (let multiple = n * n; multiple < below; multiple += n) composite[multiple] = 1
  }
  return count
}
