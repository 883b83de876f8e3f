import * as core from '@loop/core'
import * as testing from '@loop/core/testing'
import { describe, expect, test } from 'vitest'
import { recorded } from '../src/corpus.mjs'
import { replay } from '../src/replay.mjs'
import { describe as tell } from '../src/report.mjs'

const cases = await recorded('core')

describe('core runs the recorded programs as CPython did', () => {
  test.each([
    ['async', 'auto'],
    ['generator', 'auto'],
    ['async', 'public'],
    ['generator', 'public'],
  ] as const)('%s form, microtasks drained the %s way', async (form, drain) => {
    const differences = await replay({ core, testing, drain }, cases, form)
    expect(differences.map(tell)).toEqual([])
    expect(cases.length).toBeGreaterThanOrEqual(300)
  })
})

test('a trace that is not the recorded one is told with both sources', async () => {
  const { program, expected } = cases[0]!
  const [first, ...rest] = expected
  const [difference] = await replay({ core, testing }, [{ program, expected: [`${first} wrong`, ...rest] }], 'async')
  const text = tell(difference!)
  expect(text).toContain(`seed ${program.seed}, async form`)
  expect(text).toContain('async def main():')
  expect(text).toContain('const main = async () => {')
  expect(text).toContain(`=> ${first} wrong`)
})
