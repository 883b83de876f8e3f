import { expect, test } from 'vitest'
import { geometricMean, median, summarize, timesBetter } from '../src/statistics.mjs'

test('medians of odd and even numbers of values, in any order', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7])
  expect(median([])).toBeNaN()
})

test('ratios of 2 and 1/2 balance', () => {
  expect(geometricMean([2, 0.5])).toBeCloseTo(1)
  expect(geometricMean([3])).toBe(3)
})

test('better is more or less', () => {
  expect([timesBetter(10, 5, 'more'), timesBetter(10, 5, 'less')]).toEqual([2, 0.5])
})

test('a summary leaves out what failed; of nothing there is none', () => {
  expect(summarize([3, null, 1])).toEqual({ median: 2, min: 1, max: 3 })
  expect(summarize([null])).toBeUndefined()
})
