import { expect, test } from 'vitest'
import { generate } from '../src/generate.mjs'
import type { Program } from '../src/program.mjs'
import { rootsOf, sizeOf, walk } from '../src/program.mjs'
import { shrink } from '../src/shrink.mjs'

/** The kinds of statements in a program, outer ones first. */
function ops(program: Program): string[] {
  const found: string[] = []
  for (const root of rootsOf(program)) walk(root, ({ op }) => found.push(op))
  return found
}

test('a program shrinks to the statements that make it fail, inside what they need', async () => {
  const fails = (program: Program) =>
    Promise.resolve(ops(program).includes('cancelHandle') && ops(program).includes('sleep'))
  const seed = Array.from({ length: 1000 }, (_, i) => i).find(
    (i) =>
      sizeOf(generate(i, 'core')) > 40 &&
      ops(generate(i, 'core')).includes('cancelHandle') &&
      ops(generate(i, 'core')).includes('sleep'),
  )!
  const small = await shrink(generate(seed, 'core'), fails)
  const kept = ops(small)
  expect(kept.filter((op) => op === 'cancelHandle' || op === 'sleep').sort()).toEqual(['cancelHandle', 'sleep'])
  // What is left around them are the functions they stand in.
  expect(
    kept.every((op) =>
      [
        'cancelHandle',
        'sleep',
        'spawn',
        'groupSpawn',
        'soon',
        'later',
        'at',
        'gather',
        'makeGather',
        'makeShield',
        'waitFor',
        'shield',
        'asCompleted',
      ].includes(op),
    ),
  ).toBe(true)
})

test('a program that fails whatever is taken away shrinks to nothing', async () => {
  const small = await shrink(generate(3, 'core'), () => Promise.resolve(true))
  expect(small.main).toEqual([])
  expect(small.futures).toBe(0)
})

test('a program that fails only as it is stays as it is', async () => {
  const program = generate(3, 'core')
  const text = JSON.stringify(program)
  expect(await shrink(program, (candidate) => Promise.resolve(JSON.stringify(candidate) === text))).toEqual(program)
})
