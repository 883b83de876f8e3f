import { expect, test } from 'vitest'
import { firstDifference } from '../src/compare.mjs'

test('equal traces do not differ', () => {
  expect(firstDifference(['1 0 2 true', 't0 null'], ['1 0 2 true', 't0 null'])).toBe(-1)
})

test('order, turn, time and values count', () => {
  expect(firstDifference(['1 0 a', '1 0 b'], ['1 0 b', '1 0 a'])).toBe(0)
  expect(firstDifference(['1 0 a'], ['2 0 a'])).toBe(0)
  expect(firstDifference(['1 0 a'], ['1 5 a'])).toBe(0)
  expect(firstDifference(['1 0 a 7'], ['1 0 a 8'])).toBe(0)
})

test('a missing line and one too many differ', () => {
  expect(firstDifference(['1 0 a', '1 0 b'], ['1 0 a'])).toBe(1)
  expect(firstDifference(['1 0 a'], ['1 0 a', '1 0 b'])).toBe(1)
})

test('a message that CPython gives must be the same; one that it has forgotten may be there', () => {
  expect(firstDifference(['t0 cancelled CancelledError(m1)'], ['t0 cancelled CancelledError(m2)'])).toBe(0)
  expect(firstDifference(['t0 cancelled CancelledError(m1)'], ['t0 cancelled CancelledError'])).toBe(0)
  expect(firstDifference(['t0 cancelled CancelledError'], ['t0 cancelled CancelledError(m1)'])).toBe(-1)
  expect(firstDifference(['1 0 a [CancelledError, 3]'], ['1 0 a [CancelledError(m1), 3]'])).toBe(-1)
  expect(firstDifference(['1 0 a [CancelledError, 3]'], ['1 0 a [Boom(b1), 3]'])).toBe(0)
})
