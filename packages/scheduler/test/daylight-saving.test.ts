import { describe, expect, test } from 'vitest'
import { parseCron } from '../src/schedule/cron.ts'
import { CronSchedule } from '../src/schedule/schedule.ts'
import type { FoldRule, GapRule } from '../src/index.ts'
import { zoneOf } from '../src/schedule/zone.ts'

/** The next `count` runs after a moment, in UTC. */
function runs(
  cron: string,
  timeZone: string,
  after: string,
  count: number,
  gap: GapRule = 'after',
  fold: FoldRule = 'auto',
): string[] {
  const schedule = new CronSchedule(parseCron(cron), zoneOf(timeZone), gap, fold)
  const found: string[] = []
  for (let time = schedule.next(Date.parse(after)); time !== null && found.length < count; time = schedule.next(time)) {
    found.push(new Date(time).toISOString().replace(':00.000Z', ''))
  }
  return found
}

// In New York 02:00 to 03:00 is left out on 8 March 2026, and 01:00 to 02:00 comes twice on 1 November.
describe('the gap of spring', () => {
  test('after: a time that is left out runs when the gap ends, once', () => {
    expect(runs('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', 2)).toEqual([
      '2026-03-08T07:00',
      '2026-03-09T06:30',
    ])
    expect(runs('*/20 2 * * *', 'America/New_York', '2026-03-08T06:00:00Z', 2)).toEqual([
      '2026-03-08T07:00',
      '2026-03-09T06:00',
    ])
  })

  test('after: what runs at the end of the gap anyway is not doubled', () => {
    expect(runs('*/30 * * * *', 'America/New_York', '2026-03-08T06:10:00Z', 3)).toEqual([
      '2026-03-08T06:30',
      '2026-03-08T07:00',
      '2026-03-08T07:30',
    ])
  })

  test('skip: a time that is left out does not run', () => {
    expect(runs('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', 2, 'skip')).toEqual([
      '2026-03-09T06:30',
      '2026-03-10T06:30',
    ])
  })

  test('a gap of half an hour', () => {
    expect(runs('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2)).toEqual([
      '2026-10-03T15:30',
      '2026-10-04T15:15',
    ])
  })

  test('a day that is left out', () => {
    // Samoa went from 29 to 31 December 2011.
    expect(runs('0 12 * * *', 'Pacific/Apia', '2011-12-29T12:00:00Z', 3)).toEqual([
      '2011-12-29T22:00',
      '2011-12-30T10:00',
      '2011-12-30T22:00',
    ])
  })

  test('a gap at midnight', () => {
    // Cairo goes to summer time at 00:00 on the last Friday of April.
    expect(runs('0 0 * * *', 'Africa/Cairo', '2026-04-22T23:00:00Z', 3)).toEqual([
      '2026-04-23T22:00',
      '2026-04-24T21:00',
      '2026-04-25T21:00',
    ])
  })
})

describe('the fold of autumn', () => {
  const fold = (rule: FoldRule, cron = '30 1 * * *'): string[] =>
    runs(cron, 'America/New_York', '2026-11-01T00:00:00Z', 3, 'after', rule)

  test('first, last, both', () => {
    expect(fold('first')).toEqual(['2026-11-01T05:30', '2026-11-02T06:30', '2026-11-03T06:30'])
    expect(fold('last')).toEqual(['2026-11-01T06:30', '2026-11-02T06:30', '2026-11-03T06:30'])
    expect(fold('both')).toEqual(['2026-11-01T05:30', '2026-11-01T06:30', '2026-11-02T06:30'])
  })

  test('auto: times of day once, repeating patterns in both passes', () => {
    expect(fold('auto')).toEqual(fold('first'))
    expect(fold('auto', '30 1,5 * * *')).toEqual(['2026-11-01T05:30', '2026-11-01T10:30', '2026-11-02T06:30'])
    expect(fold('auto', '*/30 1 * * *')).toEqual(['2026-11-01T05:00', '2026-11-01T05:30', '2026-11-01T06:00'])
  })

  test('the first and the last moment of the repeated hour', () => {
    expect(fold('last', '0 1 * * *')).toEqual(['2026-11-01T06:00', '2026-11-02T06:00', '2026-11-03T06:00'])
    expect(fold('first', '0 1 * * *')).toEqual(['2026-11-01T05:00', '2026-11-02T06:00', '2026-11-03T06:00'])
    expect(fold('both', '0 2 * * *')).toEqual(['2026-11-01T07:00', '2026-11-02T07:00', '2026-11-03T07:00'])
  })

  test('a repeated hour of seconds runs 7200 times, or 3600', () => {
    const count = (rule: FoldRule): number => {
      const schedule = new CronSchedule(parseCron('* * 1 * * *'), zoneOf('Europe/London'), 'after', rule)
      let found = 0
      const end = Date.UTC(2026, 9, 25, 12)
      for (let time = schedule.next(Date.UTC(2026, 9, 24, 12))!; time < end; time = schedule.next(time)!) found++
      return found
    }
    // London falls back from 02:00 to 01:00.
    expect([count('both'), count('first'), count('last'), count('auto')]).toEqual([7200, 3600, 3600, 7200])
  })
})

test.each([
  ['0 0 29 2 *', ['2028-02-29T00:00', '2032-02-29T00:00']],
  ['0 0 L * *', ['2026-01-31T00:00', '2026-02-28T00:00']],
  ['0 9 15W * *', ['2026-01-15T09:00', '2026-02-16T09:00']],
  ['0 9 * * FRI#2', ['2026-01-09T09:00', '2026-02-13T09:00']],
  ['0 9 * * MON#L', ['2026-01-26T09:00', '2026-02-23T09:00']],
  ['0 12 13 * +FRI', ['2026-02-13T12:00', '2026-03-13T12:00']],
  ['0 12 13 * FRI', ['2026-01-02T12:00', '2026-01-09T12:00']],
  ['0 0 12 1 1 ? 2030', ['2030-01-01T12:00']],
  ['@monthly', ['2026-02-01T00:00', '2026-03-01T00:00']],
  ['59 23 31 12 *', ['2026-12-31T23:59', '2027-12-31T23:59']],
])('%s', (cron, expected) => {
  expect(runs(cron, 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual(expected)
})

test('seconds come with six fields', () => {
  const schedule = new CronSchedule(parseCron('*/20 59 23 * * *'), zoneOf('UTC'), 'after', 'auto')
  const first = schedule.next(Date.parse('2026-01-01T23:59:20Z'))!
  expect([first, schedule.next(first)!].map((time) => new Date(time).toISOString())).toEqual([
    '2026-01-01T23:59:40.000Z',
    '2026-01-02T23:59:00.000Z',
  ])
})
