/**
 * Cron patterns, on a calendar without time zones: "local milliseconds" are the milliseconds since 1970 that the wall
 * clock shows, as if it were UTC. What a zone makes of them is the business of zoned-cron.ts.
 *
 * croner reads the expressions, after cron-fields.ts has rewritten what it does not know: it is maintained, has no
 * dependencies, runs on every runtime, and knows seconds, years, `L`, `W`, `#` and `+`. It is asked little, though.
 * Asking it for each next run costs 8 to 120 microseconds, and an instance weighs 80 kB; so each time field is read
 * once, into the sorted list of its values, and each combination of date fields into one shared instance, which is
 * asked once a day of the calendar:
 *
 *     second minute hour │ day month weekday year
 *     lists, searched    │ croner, remembered
 */
import { Cron } from 'croner'
import { describe, messageOf } from '@loop/core/lowlevel'
import type { RewrittenField } from './cron-fields.ts'
import { CRON_FIELDS, rewriteField } from './cron-fields.ts'
import { CronSyntaxError, JobOptionError } from '../errors.ts'

const SECOND = 1000
const DAY = 86_400_000

/** A cron expression, ready to be searched. */
export interface CronPattern {
  /** Whether it names several times of a day by `*`, `?` or a step; such patterns run through a repeated hour twice. */
  readonly repeating: boolean
  /** The first match after `local` milliseconds, or null when there is none. */
  next(local: number): number | null
}

const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/**
 * Reads an expression of five fields, six (seconds first) or seven (year last), or a nickname such as `@daily`.
 * Throws CronSyntaxError, which names the field and the column.
 */
export function parseCron(expression: string): CronPattern {
  if (typeof expression !== 'string')
    throw new JobOptionError(`a cron expression is a string, not ${describe(expression)}`)
  const texts = withSecondsAndYear(expression)
  const [seconds, minutes, hours] = [0, 1, 2].map((i) => timeField(expression, i, texts)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ]
  const days = dayFields(expression, texts)
  return new Pattern(
    seconds,
    minutes,
    hours,
    days,
    texts.slice(0, 3).some((text) => /[*?/]/.test(text)),
  )
}

class Pattern implements CronPattern {
  constructor(
    private readonly seconds: Int32Array,
    private readonly minutes: Int32Array,
    private readonly hours: Int32Array,
    private readonly days: Days,
    readonly repeating: boolean,
  ) {}

  next(local: number): number | null {
    const from = (Math.floor(local / SECOND) + 1) * SECOND
    const today = Math.floor(from / DAY) * DAY
    const day = this.days.from(today)
    if (day === today) {
      const time = this.timeFrom((from - today) / SECOND)
      if (time !== null) return today + time * SECOND
      const later = this.days.from(today + DAY)
      return later === null ? null : later + this.firstTime()
    }
    return day === null ? null : day + this.firstTime()
  }

  private firstTime(): number {
    return ((this.hours[0]! * 60 + this.minutes[0]!) * 60 + this.seconds[0]!) * SECOND
  }

  /** The first time of day that is not before `time`, both in seconds. */
  private timeFrom(time: number): number | null {
    const hour = Math.floor(time / 3600)
    const minute = Math.floor((time % 3600) / 60)
    const second = firstFrom(this.seconds, time % 60)
    const sameHour = firstFrom(this.hours, hour) === hour
    if (sameHour) {
      if (firstFrom(this.minutes, minute) === minute && second !== null) return (hour * 60 + minute) * 60 + second
      const later = firstFrom(this.minutes, minute + 1)
      if (later !== null) return (hour * 60 + later) * 60 + this.seconds[0]!
    }
    const laterHour = firstFrom(this.hours, hour + 1)
    return laterHour === null ? null : (laterHour * 60 + this.minutes[0]!) * 60 + this.seconds[0]!
  }
}

/** The first value that is not below `least`, in a sorted list. */
function firstFrom(values: Int32Array, least: number): number | null {
  // At most 60 values: a scan is as fast as bisection.
  for (const value of values) if (value >= least) return value
  return null
}

// ---------------------------------------------------------------- reading

function withSecondsAndYear(expression: string): string[] {
  const trimmed = expression.trim()
  const texts = (NICKNAMES[trimmed.toLowerCase()] ?? trimmed).split(/\s+/).filter((text) => text !== '')
  if (texts.length < 5 || texts.length > 7) {
    const known = Object.keys(NICKNAMES).join(', ')
    throw new CronSyntaxError(
      expression,
      null,
      1,
      `it has ${texts.length} fields instead of 5, 6 or 7 (or one of ${known})`,
    )
  }
  if (texts.length === 5) texts.unshift('0')
  if (texts.length === 6) texts.push('*')
  return texts
}

/** Parsed fields by their text; few texts make up most expressions. */
const timeFields = new Map<string, Int32Array>()
/** Far more than the texts in common use; beyond it, everything is read again. */
const CACHED_FIELDS = 2000

function timeField(expression: string, index: number, texts: readonly string[]): Int32Array {
  const key = `${index} ${texts[index]}`
  const known = timeFields.get(key)
  if (known !== undefined) return known
  // The field alone in a day of its own: its values are the parts of the times at which that pattern runs.
  const { text } = rewrite(expression, index, texts)
  const alone = ['0', '0', '0', '*', '*', '*', '*'].with(index, text)
  const unit = [SECOND, 60 * SECOND, 3600 * SECOND][index]!
  const runs = read(expression, index, texts, alone).nextRuns(60, new Date(-SECOND))
  const values = Int32Array.from(
    runs.map((run) => run.getTime()).filter((time) => time < DAY),
    (time) => time / unit,
  )
  if (timeFields.size >= CACHED_FIELDS) timeFields.clear()
  timeFields.set(key, values)
  return values
}

const dayPatterns = new Map<string, Days>()

function dayFields(expression: string, texts: readonly string[]): Days {
  const key = texts.slice(3).join(' ')
  const known = dayPatterns.get(key)
  if (known !== undefined) return known
  const rewritten = [3, 4, 5, 6].map((index) => rewrite(expression, index, texts))
  const [days, months, weekdays, years] = rewritten.map(({ text }) => text) as [string, string, string, string]
  // Each alone first, so that an error names the right one.
  for (const [i, { text }] of rewritten.entries()) {
    if (text !== '') read(expression, i + 3, texts, ['0', '0', '0', '*', '*', '*', '*'].with(i + 3, text))
  }
  const part = (day: string, weekday: string): Cron =>
    read(expression, 3, texts, ['0', '0', '0', day, months, weekday, years])
  const parts: DayPart[] = []
  const { beforeLast } = rewritten[0]!
  if (beforeLast.length > 0 && weekdays.startsWith('+')) {
    throw new CronSyntaxError(
      expression,
      'day of month',
      columnOf(expression, 3, texts),
      '"L-" cannot be joined with a day of week by "+"',
    )
  }
  if (days !== '') parts.push({ cron: part(days, weekdays), shift: 0 })
  else if (weekdays !== '*') parts.push({ cron: part('*', weekdays), shift: 0 })
  // The third day before the last is the last one, three days earlier.
  for (const count of beforeLast) parts.push({ cron: part('L', '*'), shift: count * DAY })
  const found = new Days(parts)
  if (dayPatterns.size >= CACHED_FIELDS) dayPatterns.clear()
  dayPatterns.set(key, found)
  return found
}

function rewrite(expression: string, index: number, texts: readonly string[]): RewrittenField {
  try {
    return rewriteField(index, texts[index]!)
  } catch (error) {
    throw refusal(expression, index, texts, error)
  }
}

function read(expression: string, index: number, texts: readonly string[], fields: readonly string[]): Cron {
  try {
    return new Cron(fields.join(' '), { paused: true, utcOffset: 0, mode: '7-part' })
  } catch (error) {
    throw refusal(expression, index, texts, error)
  }
}

function refusal(expression: string, index: number, texts: readonly string[], error: unknown): CronSyntaxError {
  const reason = messageOf(error).replace(/^CronPattern: /, '')
  return new CronSyntaxError(expression, CRON_FIELDS[index]!.name, columnOf(expression, index, texts), reason, {
    cause: error,
  })
}

/** Where a field begins in the expression as it was written, from 1. */
function columnOf(expression: string, index: number, texts: readonly string[]): number {
  const starts = [...expression.matchAll(/\S+/g)].map((match) => match.index + 1)
  // Without a seconds field, the written fields are one behind.
  const written = starts.length === 5 && texts.length === 7 ? index - 1 : index
  return starts[written] ?? 1
}

/** A pattern of days, and how many milliseconds before its days those lie that are meant. */
interface DayPart {
  readonly cron: Cron
  readonly shift: number
}

/** The days that match any of some patterns, as local midnights. */
class Days {
  private readonly answers = new Map<number, number | null>()

  constructor(private readonly parts: readonly DayPart[]) {}

  /** The first matching day that is not before `day`. */
  from(day: number): number | null {
    const known = this.answers.get(day)
    if (known !== undefined) return known
    let found: number | null = null
    for (const { cron, shift } of this.parts) {
      const next = cron.nextRun(new Date(day + shift - SECOND))
      if (next !== null && (found === null || next.getTime() - shift < found)) found = next.getTime() - shift
    }
    // A year of days; jobs that share a pattern ask for the same few.
    if (this.answers.size >= 366) this.answers.clear()
    this.answers.set(day, found)
    return found
  }
}
