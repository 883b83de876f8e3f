import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeBinary } from './node-binary.ts'

interface Outcome {
  readonly outcome: string
  readonly trace: readonly string[]
}

let folder: string
let program: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loop-policy-'))
  program = join(folder, 'traced-race.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('./fixtures/traced-race.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@loop/source'],
    logLevel: 'error',
  })
})

afterAll(() => rm(folder, { recursive: true }))

/** Runs the program in a process of its own. */
async function replay(binary: string, seed: number): Promise<Outcome> {
  const { stdout } = await promisify(execFile)(binary, [program, String(seed)])
  return JSON.parse(stdout) as Outcome
}

const isFailure = ({ outcome }: Outcome) => outcome === 'Error: counted 1 jobs, not 2'

/** The smallest seed whose outcome is as wanted; the odds of a seed are about even. */
async function firstSeed(wanted: (outcome: Outcome) => boolean): Promise<number> {
  for (let seed = 1; seed <= 40; seed++) if (wanted(await replay(process.execPath, seed))) return seed
  throw new Error('none of 40 seeds gives the wanted outcome')
}

test('a failing seed gives the same failure and the same trace, handle by handle, in every process', async () => {
  const [failing, passing] = [await firstSeed(isFailure), await firstSeed((outcome) => !isFailure(outcome))]
  const first = await replay(process.execPath, failing)
  expect(first.trace.length).toBeGreaterThan(10)
  expect(await replay(process.execPath, failing)).toEqual(first)
  expect((await replay(process.execPath, passing)).trace).not.toEqual(first.trace)
})

test.for(['node 20', 'node 24'])('and the same trace, twice, on %s', async (name, { skip }) => {
  const binary = await nodeBinary(name)
  if ('skipped' in binary) return skip(`${name} cannot be had here: ${binary.skipped}`)
  const failing = await firstSeed(isFailure)
  const here = await replay(process.execPath, failing)
  expect([await replay(binary.path, failing), await replay(binary.path, failing)]).toEqual([here, here])
})
