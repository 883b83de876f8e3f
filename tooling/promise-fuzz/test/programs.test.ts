import { describe, expect, test } from 'vitest'
import { generate, STATEMENTS } from '../src/generate.mjs'
import { print } from '../src/print.mjs'
import { shrink, sizeOf, sortOf } from '../src/shrink.mjs'

const seeds = Array.from({ length: 300 }, (_, seed) => seed)

test('a seed always gives the same program, another seed another one', () => {
  expect(generate(7)).toEqual(generate(7))
  expect(generate(7)).not.toEqual(generate(8))
})

test('every statement appears, and every program is JavaScript', () => {
  const appeared = new Set<unknown>()
  for (const seed of seeds) {
    const program = generate(seed)
    JSON.stringify(program, (_key, value: unknown) => {
      if (value !== null && typeof value === 'object' && 'op' in value) appeared.add(value.op)
      return value
    })
    expect(() => new Function(print(program))).not.toThrow()
  }
  expect(STATEMENTS.filter((op) => !appeared.has(op))).toEqual([])
})

test("a program for attribution 'handle' awaits nothing foreign", () => {
  for (const seed of seeds)
    expect(print(generate(seed, { foreign: false }))).not.toMatch(/foreign|fails|tick|event|host|handler|memo/)
})

describe('shrinking', () => {
  test('takes away all that does not matter', async () => {
    const program = generate(seeds.find((seed) => JSON.stringify(generate(seed)).includes('"timeout"'))!)
    const small = await shrink(program, (candidate) =>
      Promise.resolve(JSON.stringify(candidate).includes('"op":"timeout"')),
    )
    expect(sizeOf(small)).toBe(1)
    expect(program).toEqual(generate(program.seed))
  })

  test('takes violations that differ in numbers and names for one sort', () => {
    expect(sortOf('a timeout ended at 46, after its deadline 31')).toBe(
      sortOf('a timeout ended at 5, after its deadline 1'),
    )
    expect(sortOf('a timeout ended at 46, after its deadline 31')).not.toBe(sortOf('hang: L0 has 1 strays'))
  })
})
