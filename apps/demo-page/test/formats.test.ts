import { expect, test } from 'vitest'
import { amount, bytes, duration, percent, short, until } from '../src/format.ts'

test('durations are read at a glance', () => {
  expect([null, 0.041, 1.26, 12.4, 999, 1260].map(duration)).toEqual([
    '–',
    '0.04 ms',
    '1.3 ms',
    '12 ms',
    '999 ms',
    '1.3 s',
  ])
})

test('amounts have a digit after the point only while they are small', () => {
  expect([null, 0, 0.5, 9.94, 10.4, 12_345.6].map(amount)).toEqual(['–', '0', '0.5', '9.9', '10', '12,346'])
  expect([950, 1000, 12_500].map(short)).toEqual(['950', '1k', '12.5k'])
  expect([null, 0, 0.012, 0.5, 1].map(percent)).toEqual(['–', '0 %', '1.2 %', '50 %', '100 %'])
  expect([12, 1200, 3_400_000].map(bytes)).toEqual(['12 B', '1.2 kB', '3.4 MB'])
})

test('the time until a run is in the unit that fits, and never negative', () => {
  const now = 1_000_000
  expect([null, now - 500, now + 3400, now + 90_000, now + 7_500_000].map((moment) => until(moment, now))).toEqual([
    '–',
    'in 0 s',
    'in 3 s',
    'in 2 min',
    'in 2 h 5 min',
  ])
})
