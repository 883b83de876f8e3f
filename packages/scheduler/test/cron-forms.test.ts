import { expect, test } from 'vitest'
import { CronSyntaxError } from '../src/index.ts'
import { inVirtualTime, schedulerIn } from './support.ts'

const next = async (cron: string, count: number): Promise<string[]> => {
  let dates: string[] = []
  await inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    scheduler.recurring('job', () => {}, { cron, timeZone: 'UTC' })
    dates = scheduler.preview('job', count).map((date) => date.toISOString().slice(5, 16))
  })
  return dates
}

test.each<[string, string, string[]]>([
  ['a step from a start', '5/15 * * * *', ['01-01T00:05', '01-01T00:20', '01-01T00:35', '01-01T00:50', '01-01T01:05']],
  ['a step from a named start', '0 0 * * tue/2', ['01-03T00:00', '01-06T00:00', '01-08T00:00', '01-10T00:00']],
  ['a step in a range', '0 8-12/2 * * *', ['01-01T08:00', '01-01T10:00', '01-01T12:00', '01-02T08:00']],
  ['days before the last', '0 0 L-3 * *', ['01-28T00:00', '02-25T00:00', '03-28T00:00', '04-27T00:00']],
  [
    'a list with days before the last',
    '0 0 1,L-1,L * *',
    ['01-30T00:00', '01-31T00:00', '02-01T00:00', '02-27T00:00', '02-28T00:00'],
  ],
  ['days before the last of some months', '0 0 L-27 2,3 *', ['02-01T00:00', '03-04T00:00']],
  [
    'days before the last, or a weekday',
    '0 0 L-3 * mon',
    ['01-05T00:00', '01-12T00:00', '01-19T00:00', '01-26T00:00', '01-28T00:00'],
  ],
  [
    'weekdays across the weekend',
    '0 0 * * fri-mon',
    ['01-02T00:00', '01-03T00:00', '01-04T00:00', '01-05T00:00', '01-09T00:00'],
  ],
  ['hours across midnight', '0 22-2/2 * * *', ['01-01T02:00', '01-01T22:00', '01-02T00:00', '01-02T02:00']],
  ['months across the new year', '0 0 1 nov-feb *', ['02-01T00:00', '11-01T00:00', '12-01T00:00']],
  ['full names', '0 0 * february Sunday', ['02-01T00:00', '02-08T00:00', '02-15T00:00', '02-22T00:00']],
  [
    'nth and last weekdays by name',
    '0 0 * * friday#2,monL',
    ['01-09T00:00', '01-26T00:00', '02-13T00:00', '02-23T00:00'],
  ],
  ['Sunday as 7, and in ranges up to it', '0 0 * * 6-7', ['01-03T00:00', '01-04T00:00', '01-10T00:00']],
  ['the nearest weekday', '0 0 15W * *', ['01-15T00:00', '02-16T00:00']],
  ['a weekday that is also a day of month', '0 0 13 * +fri', ['02-13T00:00', '03-13T00:00', '11-13T00:00']],
])('%s: %s', async (_, cron, expected) => {
  expect(await next(cron, expected.length)).toEqual(expected)
})

test.each<[string, string, string, number]>([
  ['0 0 1 13 *', 'month is from 1 to 12, not 13', 'month', 7],
  ['0 0 * 0 *', 'month is from 1 to 12, not 0', 'month', 7],
  ['0 0 0 * *', 'day of month is from 1 to 31, not 0', 'day of month', 5],
  ['0 0 1-32 * *', 'day of month is from 1 to 31, not 32', 'day of month', 5],
  ['0 0 * * 8', 'day of week is from 0 to 7, not 8', 'day of week', 9],
  [
    '0 0 * * funday',
    '"funday" is no day of week; it is a number from 0 to 7, or a name such as monday',
    'day of week',
    9,
  ],
  ['60 * * * *', 'minute is from 0 to 59, not 60', 'minute', 1],
  ['* 24 * * *', 'hour is from 0 to 23, not 24', 'hour', 3],
  ['*/61 * * * *', 'the step of minute is from 1 to 60, not 61', 'minute', 1],
  ['*/x * * * *', 'the step of "*/x" is a whole number, not "x"', 'minute', 1],
  ['1,,2 * * * *', 'a value between commas is missing', 'minute', 1],
  ['0 0 20-10 * *', '"20-10" ends before it begins', 'day of month', 5],
  ['0 0 L-28 * *', 'L-28: the number of days before the last is from 1 to 27, not 28', 'day of month', 5],
  ['0 0 L-3 * +mon', '"L-" cannot be joined with a day of week by "+"', 'day of month', 5],
])('%s is refused: %s', async (cron, reason, field, column) => {
  const error = await next(cron, 1).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CronSyntaxError)
  expect(error).toMatchObject({
    field,
    column,
    message: `"${cron}" is not a cron expression (field "${field}", column ${column}): ${reason}`,
  })
})
