// Random cuts of random bytes are read as CPython reads them. The recorded programs need no Python; `npm run fuzz` goes on
// with new ones, and a program that differs is printed as it would be recorded.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { ReadProgram } from './fuzz/read-programs.ts'
import { outcomesOf, readProgram } from './fuzz/read-programs.ts'
import { hasPython } from './oracle/cpython.ts'
import { numbers } from './soak.ts'
import { families, onLoop } from './support.ts'

const corpus = fileURLToPath(new URL('fuzz/read-programs.jsonl', import.meta.url))
const seed = Number(process.env['LOOP_FUZZ_SEED'] ?? 1)
const count = Number(process.env['LOOP_FUZZ_PROGRAMS'] ?? 300)

interface Recorded {
  readonly program: ReadProgram
  readonly expected: unknown[]
}

const differences = (recorded: readonly Recorded[]): Promise<object[]> =>
  new Promise((resolve, reject) => {
    const found: object[] = []
    onLoop(families[0]!, async (loop) => {
      for (const { program, expected } of recorded) {
        const actual = await outcomesOf(loop, program)
        if (JSON.stringify(actual) !== JSON.stringify(expected)) found.push({ program, expected, actual })
      }
    }).then(() => {
      resolve(found)
    }, reject)
  })

/** What CPython gives for each program. */
async function asked(programs: readonly ReadProgram[]): Promise<Recorded[]> {
  const python = spawn('python3', [fileURLToPath(new URL('oracle/read_streams.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  python.stdin.end(programs.map((program) => `${JSON.stringify(program)}\n`).join(''))
  const recorded: Recorded[] = []
  for await (const line of createInterface({ input: python.stdout }))
    recorded.push({ program: programs[recorded.length]!, expected: JSON.parse(line) as unknown[] })
  if (python.exitCode === null) await once(python, 'close')
  expect(recorded).toHaveLength(programs.length)
  return recorded
}

test('recorded programs read what CPython read', async () => {
  const recorded = readFileSync(corpus, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded)
  expect(recorded.length).toBeGreaterThan(100)
  expect(await differences(recorded)).toEqual([])
})

test.runIf(hasPython)('new programs do, too', { timeout: 60_000 + count * 100 }, async () => {
  const random = numbers(seed)
  const recorded = await asked(Array.from({ length: count }, () => readProgram(random)))
  if (process.env['LOOP_FUZZ_RECORD'] === '1')
    writeFileSync(corpus, recorded.map((each) => `${JSON.stringify(each)}\n`).join(''))
  console.log(`seed ${seed}: ${count} programs of reads against CPython`)
  expect((await differences(recorded)).slice(0, 3)).toEqual([])
})
