import { expect, test } from 'vitest'
import { details, table, totals } from '../matrix.mjs'
import { nameOf, reasonFor, skips } from '../skips.mjs'

const outcomes = [
  {
    runtime: 'Windows node 22',
    suite: 'net',
    passed: 3,
    skipped: [{ test: 'a.test.ts: a path', reason: 'Windows has none' }],
    itself: 2,
    failed: [{ test: 'b.test.ts: a reset', problem: 'expected 1' }],
    ms: 61_000,
  },
]

test('the table has a row for each suite and runtime', () => {
  expect(table(outcomes).split('\n').at(-1)).toBe('| Windows node 22 | net | 3 | 1 | 2 | 1 | 1 min 1 s |')
  expect(totals(outcomes)).toEqual({ passed: 3, failed: 1, skipped: 3 })
})

test('failures come with their problem, what was skipped with its reason, once', () => {
  expect(details([...outcomes, ...outcomes.map((outcome) => ({ ...outcome, failed: [] }))])).toEqual([
    'Windows node 22, net: b.test.ts: a reset: expected 1',
    'skipped: Windows has none\n  a.test.ts: a path',
  ])
})

test('a test is known by its groups and its name, on either kind of path', () => {
  const file = { name: '', filepath: 'x' }
  expect(nameOf({ name: 'ends', suite: { name: 'a server', suite: file } })).toBe('a server > ends')
  for (const { on, file: path, test: name, reason } of skips) {
    if (typeof name === 'object') continue
    expect(reasonFor(on, `C:\\tree\\${path.replaceAll('/', '\\')}`, name ?? 'any')).toBe(reason)
  }
  expect(reasonFor('nowhere', skips[0]?.file ?? 'x', 'any')).toBeUndefined()
})

test('every skip has a reason that says why', () => {
  expect(skips.filter(({ reason }) => reason.length < 20)).toEqual([])
})
