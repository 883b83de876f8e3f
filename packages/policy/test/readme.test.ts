import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { explore } from '../src/index.ts'

const textOf = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')

test('the examples in the README are the files that are run here', async () => {
  const blocks = [...(await textOf('../README.md')).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
  const examples = await Promise.all(
    ['year.ts', 'till.ts', 'till.test.ts', 'till.node.ts'].map((name) => textOf(`./examples/${name}`)),
  )
  for (const example of examples) expect(blocks).toContain(example)
})

test('the year passes', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await import('./examples/year.ts')
  expect(log.mock.calls).toEqual([['a year later:', '2026-01-01T03:00:00.000Z']])
  log.mockRestore()
})

test('without its lock the till loses money, as the comment says', async () => {
  const { Till } = await import('./examples/till.ts')
  const { gather, sleep } = await import('@loop/core')
  const unlocked = explore(async () => {
    const till = new Till()
    const late = async () => {
      await sleep(10)
      await till.add(5)
    }
    await gather([() => till.add(5), late])
    expect(till.amount).toBe(10)
  })
  await expect(unlocked).rejects.toThrow(/^failed under seed \d+.*AssertionError: expected 5 to be 10/s)
})

test('the example for node:test passes under node --test', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'loop-policy-'))
  const file = join(folder, 'till.test.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('./examples/till.node.ts', import.meta.url))],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@loop/source'],
    logLevel: 'error',
  })
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file])
  await rm(folder, { recursive: true })
  expect(stdout).toMatch(/^# pass 1$/m)
  expect(stdout).toMatch(/^# fail 0$/m)
})
