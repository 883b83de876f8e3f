import { readdirSync } from 'node:fs'
import process from 'node:process'

/** Numbers below a limit, the same sequence everywhere for the same seed (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const COUNTING = Buffer.from(Array.from({ length: 256 + 65536 }, (_, i) => i & 0xff))

/** So many bytes of the sequence that every sender sends, from a place in it: order and completeness show in each. */
export function counting(from: number, length: number): Buffer {
  if (length <= 65536) return COUNTING.subarray(from & 0xff, (from & 0xff) + length)
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length;) at += COUNTING.copy(bytes, at, (from + at) & 0xff)
  return bytes
}

/** How many descriptors this process has; 0 where nobody can say. */
export function openDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}
