import { expect, test } from 'vitest'
import type { OnceOptions, RecurringOptions } from '../src/index.ts'
import {
  CronSyntaxError,
  DuplicateJobError,
  JobOptionError,
  NoOccurrenceError,
  PastDateError,
  periodic,
  UnknownJobError,
  UnknownTimeZoneError,
} from '../src/index.ts'
import type { SqliteStoreOptions } from '../src/sqlite/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import { inVirtualTime, schedulerIn } from './support.ts'

type ErrorClass = new (...args: never[]) => Error
const job = (): void => {}

test.each<[string, RecurringOptions, ErrorClass, string]>([
  ['a minute that is not one', { cron: '61 * * * *' }, CronSyntaxError, 'field "minute", column 1'],
  ['an hour that is not one', { cron: '0  25 * * *' }, CronSyntaxError, 'field "hour", column 4'],
  ['a second that is not one', { cron: '99 * * * * *' }, CronSyntaxError, 'field "second", column 1'],
  ['a day of month that is not one', { cron: '* * 32 * *' }, CronSyntaxError, 'field "day of month", column 5'],
  ['a month that is not one', { cron: '* * * FOO *' }, CronSyntaxError, 'field "month", column 7'],
  ['a day of week that is not one', { cron: '* * * * 9' }, CronSyntaxError, 'field "day of week", column 9'],
  ['a year that is not one', { cron: '0 * * * * * x' }, CronSyntaxError, 'field "year", column 13'],
  ['a step of nothing', { cron: '*/0 * * * *' }, CronSyntaxError, 'field "minute", column 1'],
  ['too few fields', { cron: '* * *' }, CronSyntaxError, 'it has 3 fields instead of 5, 6 or 7'],
  ['too many fields', { cron: '* * * * * * * *' }, CronSyntaxError, 'it has 8 fields'],
  ['no text', { cron: '' }, CronSyntaxError, 'it has 0 fields'],
  [
    'a nickname without a meaning',
    { cron: '@reboot' },
    CronSyntaxError,
    'it has 1 fields instead of 5, 6 or 7 (or one of @yearly',
  ],
  [
    'an unknown zone',
    { cron: '* * * * *', timeZone: 'Mars/Olympus' },
    UnknownTimeZoneError,
    'no time zone "Mars/Olympus"',
  ],
  ['a date that never comes', { cron: '0 0 31 2 *' }, NoOccurrenceError, 'would never run'],
  ['everything excluded', { every: 1000, limit: 1, exclude: () => true }, NoOccurrenceError, 'would never run'],
  ['an interval of 0', { every: 0 }, JobOptionError, 'every is a number of milliseconds from 1, not 0'],
  ['a negative interval', { every: -5 }, JobOptionError, 'not -5'],
  ['an interval that is not a number', { every: NaN }, JobOptionError, 'not NaN'],
  ['neither every nor cron nor dates', {}, JobOptionError, 'exactly one of every, cron and dates'],
  ['both every and cron', { every: 1, cron: '* * * * *' }, JobOptionError, 'exactly one of'],
  ['dates that have passed', { dates: [new Date(0)] }, PastDateError, '1970-01-01T00:00:00.000Z, which has passed'],
  ['no dates', { dates: [] }, JobOptionError, 'dates is empty'],
  ['a date that is none', { dates: [new Date('x')] }, JobOptionError, 'dates[0] is a valid Date'],
  ['an end that has passed', { every: 1000, end: new Date(0) }, PastDateError, 'has passed'],
  [
    'an end before the start',
    { every: 1000, start: new Date('2030-01-02'), end: new Date('2030-01-01') },
    JobOptionError,
    'end is not after start',
  ],
  ['a limit of 0', { every: 1000, limit: 0 }, JobOptionError, 'limit is a whole number from 1'],
  [
    'jitter above the interval',
    { every: 1000, jitter: 1000 },
    JobOptionError,
    'jitter (1000 ms) must be less than every',
  ],
  [
    'an unknown policy',
    { every: 1000, overlap: 'maybe' as 'skip' },
    JobOptionError,
    'overlap is one of skip, queue, parallel, replace',
  ],
  ['an unknown rule', { cron: '* * * * *', gap: 'shift' as 'skip' }, JobOptionError, 'gap is one of after, skip'],
  ['a timeout of 0', { every: 1000, timeout: 0 }, JobOptionError, 'timeout is a number of milliseconds from 1'],
  ['no tries', { every: 1000, retry: 0 }, JobOptionError, 'retry.attempts is a whole number from 1'],
  [
    'an excluded day in words',
    { every: 1000, exclude: ['Christmas'] },
    JobOptionError,
    'exclude[0] is "Christmas", not a day as YYYY-MM-DD',
  ],
])('recurring: %s', (_, options, error, message) =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    const adding = (): void => {
      scheduler.recurring('job', job, options)
    }
    expect(adding).toThrow(error)
    expect(adding).toThrow(message)
    expect(scheduler.status()).toEqual([])
  }),
)

test.each<[string, OnceOptions, ErrorClass, string]>([
  [
    'a moment that has passed',
    { at: new Date('2025-12-31') },
    PastDateError,
    'job "job" would run at 2025-12-31T00:00:00.000Z, which has passed',
  ],
  ['neither delay nor at', {}, JobOptionError, 'exactly one of delay and at'],
  ['a negative delay', { delay: -1 }, JobOptionError, 'delay is a number of milliseconds from 0'],
  ['an endless delay', { delay: Infinity }, JobOptionError, 'not Infinity'],
])('once: %s', (_, options, error, message) =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    const adding = (): void => {
      scheduler.once('job', job, options)
    }
    expect(adding).toThrow(error)
    expect(adding).toThrow(message)
  }),
)

test('names and handlers', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    scheduler.recurring('job', job, { every: 1000 })
    expect(() => scheduler.recurring('job', job, { every: 1000 })).toThrow(DuplicateJobError)
    expect(() => scheduler.once('job', job, { delay: 1 })).toThrow('a job named "job" is already registered')
    expect(() => scheduler.recurring('', job, { every: 1000 })).toThrow(JobOptionError)
    expect(() => scheduler.recurring('other', 7 as never, { every: 1000 })).toThrow(
      'job "other": the handler is a function, not number',
    )
    expect(() => scheduler.status('other')).toThrow(UnknownJobError)
    expect(() => scheduler.pause('other')).toThrow('there is no job named "other"')
    expect(scheduler.status().map(({ name }) => name)).toEqual(['job'])
  }))

test('periodic', () =>
  inVirtualTime(async () => {
    expect(() => periodic(0, job)).toThrow('an interval in milliseconds above 0, not 0')
    expect(() => periodic(NaN, job)).toThrow(RangeError)
    expect(() => periodic(10, null as never)).toThrow('periodic takes a function, not object')
    await Promise.resolve()
  }))

test.each<[string, object, string]>([
  ['no path', {}, 'SqliteStore: path is the name of a file, not undefined'],
  ['a path that is none', { path: 5 }, 'path is the name of a file, not 5'],
  ['a lease that is no time', { path: 'x', leaseMs: NaN }, 'leaseMs is a number of milliseconds from 0, not NaN'],
  ['a negative poll', { path: 'x', pollMs: -1 }, 'pollMs is a number of milliseconds from 0, not -1'],
  [
    'a retention that is a text',
    { path: 'x', retention: '1d' },
    "retention is a number of milliseconds from 0, not '1d'",
  ],
  ['a driver that does not exist', { path: 'x', driver: 'sqlite3' }, 'driver is one of node, libsql, not "sqlite3"'],
  ['a mode that does not exist', { path: 'x', synchronous: 'off' }, 'synchronous is one of full, normal, not "off"'],
  ['a misspelt option', { path: 'x', leaseMS: 5 }, 'there is no option "leaseMS", did you mean "leaseMs"?'],
])('a SQLite store with %s is refused', (_, options, message) => {
  expect(() => new SqliteStore(options as SqliteStoreOptions)).toThrow(JobOptionError)
  expect(() => new SqliteStore(options as SqliteStoreOptions)).toThrow(message)
})

test('times of the end that are none are refused', () =>
  inVirtualTime(async (world) => {
    expect(() => schedulerIn(world, { closeTimeout: NaN })).toThrow(
      'AsyncScheduler: closeTimeout is a number of milliseconds from 0, not NaN',
    )
    await using scheduler = schedulerIn(world, { closeTimeout: Infinity })
    expect(() => scheduler.close({ timeout: -1 })).toThrow(
      'close(): timeout is a number of milliseconds from 0, not -1',
    )
    expect(() => scheduler.close({ timeOut: 1 } as never)).toThrow(
      'there is no option "timeOut", did you mean "timeout"?',
    )
  }))
