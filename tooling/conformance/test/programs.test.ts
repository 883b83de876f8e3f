import { describe, expect, test } from 'vitest'
import { generate } from '../src/generate.mjs'
import { toJavaScript } from '../src/print-javascript.mjs'
import { toPython } from '../src/print-python.mjs'
import type { Statement } from '../src/program.mjs'
import { rootsOf, walk } from '../src/program.mjs'
import { coreVocabulary } from '../src/vocabulary-core.mjs'
import { syncVocabulary } from '../src/vocabulary-sync.mjs'

const seeds = Array.from({ length: 200 }, (_, seed) => seed)

/** Every statement of the programs of all seeds. */
function statements(profile: 'core' | 'sync'): Statement[] {
  const all: Statement[] = []
  for (const seed of seeds) for (const root of rootsOf(generate(seed, profile))) walk(root, (one) => all.push(one))
  return all
}

test('a seed always gives the same program, another seed another one', () => {
  expect(generate(7, 'core')).toEqual(generate(7, 'core'))
  expect(generate(7, 'core')).not.toEqual(generate(8, 'core'))
})

describe('every statement of the vocabularies appears', () => {
  test.each([
    ['core', [coreVocabulary]],
    ['sync', [coreVocabulary, syncVocabulary]],
  ] as const)('%s', (profile, vocabularies) => {
    const appeared = new Set(statements(profile).map(({ op }) => op))
    const missing = vocabularies.flatMap(({ anywhere, suspending }) => [
      ...Object.keys(anywhere),
      ...Object.keys(suspending),
    ])
    expect(missing.filter((op) => !appeared.has(op))).toEqual([])
  })
})

test('no two timers of a program are given the same delay', () => {
  for (const seed of seeds) {
    const delays: number[] = []
    for (const root of rootsOf(generate(seed, 'core'))) {
      walk(root, (one) => {
        const delay = one['delay'] ?? one['limit']
        if (delay > 0) delays.push(delay)
      })
    }
    expect(new Set(delays).size).toBe(delays.length)
  }
})

test.each(['core', 'sync'] as const)('programs of profile %s are printed in both languages', (profile) => {
  for (const seed of seeds) {
    const program = generate(seed, profile)
    expect(toPython(program)).toContain('async def main():')
    // The sources must at least parse; what they do is the recorded programs' affair.
    expect(() => new Function(toJavaScript(program, 'async'))).not.toThrow()
    expect(() => new Function(toJavaScript(program, 'generator'))).not.toThrow()
  }
})
