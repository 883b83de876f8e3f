// Node 20 has no node:sqlite; there the tests use libsql, and this one runs the contract on a Node 24, fetched on first
// use.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { binaryOf } from '../../../tooling/runtimes/fetch.mjs'
import { runtimesFor } from '../../../tooling/runtimes/runtimes.mjs'
import { bundle } from './kill/harness.ts'

test('the contract of job stores, on node:sqlite', { timeout: 300_000 }, async ({ skip }) => {
  const runtime = runtimesFor().find(({ name }) => name === 'node 24')!
  const node = await binaryOf(runtime).catch((error: Error) => error)
  if (node instanceof Error) {
    console.warn(`skipped, there is no Node 24: ${node.message}`)
    skip(node.message)
  }
  const script = await bundle(new URL('programs/sqlite-conformance.ts', import.meta.url))
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stdout } = await promisify(execFile)(node as string, ['--test-reporter=tap', script], {
    env,
    maxBuffer: 2 ** 24,
  }).catch((error: { stdout: string }) => error)
  expect(
    stdout.split('\n').filter((line) => line.startsWith('not ok')),
    stdout,
  ).toEqual([])
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(14)
})
