/**
 * What the pools run. Each function travels to its worker as source text, so it uses its arguments and Node's globals
 * only.
 */

/** How many primes there are below `limit`, by trial division: work for a processor and nothing else. */
export function countPrimes(limit: number): number {
  let count = 0
  for (let n = 2; n < limit; n++) {
    let isPrime = true
    for (let d = 2; d * d <= n && isPrime; d++) isPrime = n % d !== 0
    if (isPrime) count++
  }
  return count
}

/** A text hashed `rounds` times over, as hexadecimal digits. */
export function digest(text: string, rounds: number): string {
  const { createHash } = process.getBuiltinModule('node:crypto')
  let hash = text
  for (let round = 0; round < rounds; round++) hash = createHash('sha256').update(hash).digest('hex')
  return hash
}
