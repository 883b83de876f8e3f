import { readdirSync } from 'node:fs'
import process from 'node:process'
import { expect, test } from 'vitest'
import { hasPython } from './oracle/cpython.ts'
import { soak } from './soak.ts'
import { onEachFamilyAndTls } from './support.ts'

// `npm run test:soak` says how long; otherwise a slice of so many connections runs.
const seconds = Number(process.env['LOOP_SOAK_SECONDS'] ?? 0)
const SLICE = 60
const seed = Number(process.env['LOOP_SOAK_SEED'] ?? 7)

function descriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

onEachFamilyAndTls('many connections that do everything at once', (family) => {
  test('lose no byte, no end, no descriptor and no memory', { timeout: (seconds + 120) * 1_000 }, async () => {
    const run = async (enough: (done: number) => boolean): Promise<void> => {
      const loop = family.makeLoop()
      const result = await loop.runUntilComplete(() => soak(loop, family, seed, enough))
      loop.close()
      const { made, lost, python, wrong, reports, failures } = result
      expect(wrong).toEqual([])
      expect(made).toBeGreaterThan(0)
      expect(lost).toBe(made)
      expect(python > 0).toBe(hasPython)
      // Each failure that was asked for. Peers that leave in the middle of a handshake, or of an echo, are reported, too.
      const others = reports.filter(({ message }) => !/TLS handshake|were dropped/.test(message))
      expect(others.map(({ exception }) => (exception as Error | undefined)?.message)).toEqual(
        Array.from({ length: failures }, () => 'failed on purpose'),
      )
    }
    await run((done) => done >= SLICE)
    const before = { descriptors: descriptors(), memory: process.memoryUsage().rss }
    if (seconds === 0) return
    const end = performance.now() + seconds * 1_000
    await run(() => performance.now() > end)
    expect(descriptors()).toBeLessThanOrEqual(before.descriptors + 2)
    // What V8 keeps of itself, and no more however long it lasts.
    expect(process.memoryUsage().rss - before.memory).toBeLessThan(200 * 2 ** 20)
  })
})
