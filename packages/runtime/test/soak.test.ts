// Everything at once: a few seconds here, ten minutes by `npm run test:soak`. A figure that grows steadily is a leak.
import { Program } from '@loop/test-kit'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { Figures } from './slope.ts'
import { growing } from './slope.ts'

const soaked = Number(process.env['LOOP_SOAK_SECONDS'] ?? 0)
/** Each thing is done at least once in it. */
const SLICE = 5

test('everything at once grows nothing and loses nothing', { timeout: (soaked + 180) * 1000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-soak-'))
  try {
    await using program = new Program(
      new URL('programs/everything.ts', import.meta.url),
      [String(soaked > 0 ? soaked : SLICE), folder],
      { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --expose-gc --no-warnings`.trim() },
    )
    const { code, lines, errors } = await program.end()
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    const told = lines.map((line) => JSON.parse(line) as Figures & { done?: Record<string, number>; wrong?: string[] })
    const { done, wrong } = told.pop()!
    expect(wrong).toEqual([])
    expect(Object.entries(done!).filter(([, count]) => count === 0)).toEqual([])
    if (soaked === 0) return
    console.log(
      `${soaked} s, ${told.length} samples: ${JSON.stringify(done)}\nfirst ${JSON.stringify(told[0])}\nlast  ${JSON.stringify(told.at(-1))}`,
    )
    expect(growing(told)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a leak of any figure is found, noise and a warm-up are not', () => {
  const even = (i: number): Figures => ({
    // Warms up in the first third, then goes up and down by more than a leak adds in a while.
    rss: 1e8 + Math.min(i, 80) * 1e6 + (i % 7) * 4e6,
    heap: 2e7 + Math.min(i, 80) * 1e5 + (i % 5) * 1e6,
    external: 5e6 + (i % 3) * 1e6,
    descriptors: 40 + (i % 9),
    threads: 20 + (i % 2),
  })
  const samples = Array.from({ length: 240 }, (_, i) => even(i))
  expect(growing(samples)).toEqual([])
  const leaks = { rss: 5e5, heap: 5e4, external: 5e4, descriptors: 0.05, threads: 0.03 }
  for (const [name, leak] of Object.entries(leaks)) {
    const leaking = samples.map((sample, i) => ({
      ...sample,
      [name]: sample[name as keyof Figures] + Math.floor(i * leak),
    }))
    expect(growing(leaking)).toEqual([expect.stringContaining(name)])
  }
})
