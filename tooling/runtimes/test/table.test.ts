import { expect, test } from 'vitest'
import { runtimesFor } from '../runtimes.mjs'
import { failures, table, totals } from '../table.mjs'

const rows = [
  {
    runtime: 'node 20 (20.20.2)',
    results: {
      order: [
        { name: 'L1', ok: true },
        { name: 'L2', ok: true },
      ],
      ending: [{ name: 'ends', ok: true }],
    },
  },
  {
    runtime: 'bun (1.0.0)',
    results: {
      order: [
        { name: 'L1', ok: true },
        { name: 'L2', ok: false, problem: 'B before A' },
      ],
      ending: [],
    },
  },
  { runtime: 'deno (2.0.0)', skipped: 'npm has no binary for it', results: {} },
]

test('the table has a row for each runtime, and says why one was skipped', () => {
  expect(table(['order', 'ending'], rows).split('\n')).toEqual([
    'runtime            order  ending',
    'node 20 (20.20.2)  2/2    1/1',
    'bun (1.0.0)        1/2    0/0',
    'deno (2.0.0)       skipped: npm has no binary for it',
  ])
})

test('failures name the runtime and the check; a skipped runtime counts as skipped', () => {
  expect(failures(rows)).toEqual(['bun (1.0.0): L2: B before A'])
  expect(totals(rows)).toEqual({ passed: 4, failed: 1, skipped: 1 })
})

test('all promised runtimes are tried, and a platform without binaries has none to fetch', () => {
  const names = ['node 20', 'node 22', 'node 24', 'node 26', 'bun', 'deno']
  expect(runtimesFor('linux', 'x64').map(({ name }) => name)).toEqual(names)
  expect(runtimesFor('win32', 'x64').map((runtime) => runtime.binary)).toContain('bin/node.exe')
  expect(runtimesFor('aix', 'ppc64').map((runtime) => runtime.package)).toEqual(names.map(() => undefined))
})
