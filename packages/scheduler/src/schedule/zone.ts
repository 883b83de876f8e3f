/**
 * Time zones as a list of stretches with a constant offset from UTC, which is what cron needs to know of them:
 *
 *     ──── offset -5 h ────┤├──── offset -4 h ────┤├──── offset -5 h ────
 *                       spring                  autumn
 *
 * The rules come from the runtime's copy of the IANA database, through Intl. Asking Intl costs microseconds, so a year
 * is looked through once and kept: its offset at each day's begin, and bisection where two neighbours differ. Two
 * changes within a day that cancel each other out would go unseen; the database has none since 1970.
 */
import { UnknownTimeZoneError } from '../errors.ts'

const DAY = 86_400_000
/** Zones change at whole seconds. */
const RESOLUTION = 1000

/** A stretch of time, in epoch milliseconds, in which a zone keeps its offset; neighbours may have the same one. */
export interface Stretch {
  readonly start: number
  /** The first moment that does not belong to it. */
  readonly end: number
  /** Local time minus UTC, in milliseconds. */
  readonly offset: number
}

/** A time zone. */
export interface Zone {
  readonly name: string
  /** The stretch that `time` (epoch milliseconds) belongs to. */
  at(time: number): Stretch
}

const zones = new Map<string, Zone>()

/**
 * The process's own zone, and the TZ variable it was found under: asking Intl costs as much as all else of a
 * registration.
 */
let own: { readonly setting: string | undefined; readonly name: string } | null = null

function ownZone(): string {
  const setting = process.env['TZ']
  if (own === null || own.setting !== setting) own = { setting, name: Intl.DateTimeFormat().resolvedOptions().timeZone }
  return own.name
}

/** The zone of an IANA name; the process's own without one. Throws UnknownTimeZoneError. */
export function zoneOf(name: string = ownZone()): Zone {
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = name === 'UTC' ? utc : new IntlZone(name)
  zones.set(name, zone)
  return zone
}

const always: Stretch = { start: -Infinity, end: Infinity, offset: 0 }
const utc: Zone = { name: 'UTC', at: () => always }

class IntlZone implements Zone {
  private readonly format: Intl.DateTimeFormat
  private readonly years = new Map<number, readonly Stretch[]>()
  private last: Stretch = { start: 0, end: 0, offset: 0 }

  constructor(readonly name: string) {
    try {
      this.format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })
    } catch (error) {
      throw new UnknownTimeZoneError(String(name), { cause: error })
    }
  }

  at(time: number): Stretch {
    // Schedules move forward in small steps: nearly always it is the stretch of the last question.
    if (time >= this.last.start && time < this.last.end) return this.last
    const stretches = this.year(new Date(time).getUTCFullYear())
    this.last = stretches.find(({ end }) => time < end) ?? stretches.at(-1)!
    return this.last
  }

  private year(year: number): readonly Stretch[] {
    const known = this.years.get(year)
    if (known !== undefined) return known
    const stretches = this.survey(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1))
    this.years.set(year, stretches)
    return stretches
  }

  private survey(from: number, to: number): Stretch[] {
    const stretches: Stretch[] = []
    let start = from
    let offset = this.offsetAt(from)
    for (let day = from; day < to; day += DAY) {
      const next = Math.min(day + DAY, to)
      // The year's last moment, not the next year's first: a change at midnight belongs to the next year.
      const offsetThen = this.offsetAt(next === to ? to - RESOLUTION : next)
      if (offsetThen === offset) continue
      const change = this.changeBetween(day, next, offset)
      stretches.push({ start, end: change, offset })
      start = change
      offset = offsetThen
    }
    stretches.push({ start, end: to, offset })
    return stretches
  }

  /** The first moment after `before`, which has `offset`, that has another one; `after` has. */
  private changeBetween(before: number, after: number, offset: number): number {
    while (after - before > RESOLUTION) {
      const middle = before + Math.floor((after - before) / 2 / RESOLUTION) * RESOLUTION
      if (this.offsetAt(middle) === offset) before = middle
      else after = middle
    }
    return after
  }

  private offsetAt(time: number): number {
    const part: Record<string, number> = {}
    for (const { type, value } of this.format.formatToParts(time)) part[type] = Number(value)
    return Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']) - time
  }
}
