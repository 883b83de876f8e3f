import * as core from '@loop/core'
import * as testing from '@loop/core/testing'
import * as sync from '@loop/sync'
import { describe, expect, test } from 'vitest'
import { recorded } from '../src/corpus.mjs'
import { replay } from '../src/replay.mjs'
import { describe as tell } from '../src/report.mjs'

const core400 = await recorded('core')
const sync200 = await recorded('sync')

const ways = [
  ['async', 'auto'],
  ['generator', 'auto'],
  ['async', 'public'],
  ['generator', 'public'],
] as const

describe.each([
  ['core', core400, 400],
  ['sync', sync200, 200],
] as const)('the recorded programs of %s run as on CPython', (_, cases, count) => {
  test.each(ways)('%s form, microtasks drained the %s way', async (form, drain) => {
    const differences = await replay({ core, testing, sync, drain }, cases, form)
    expect(differences.map(tell)).toEqual([])
    expect(cases).toHaveLength(count)
  })
})

test('a trace that is not the recorded one is told with both sources', async () => {
  const { program, expected } = core400[0]!
  const [first, ...rest] = expected
  const [difference] = await replay(
    { core, testing, sync },
    [{ program, expected: [`${first} wrong`, ...rest] }],
    'async',
  )
  const text = tell(difference!)
  expect(text).toContain(`seed ${program.seed}, async form`)
  expect(text).toContain('async def main():')
  expect(text).toContain('const main = async () => {')
  expect(text).toContain(`=> ${first} wrong`)
})
