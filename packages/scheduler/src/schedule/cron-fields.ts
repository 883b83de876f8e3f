/**
 * The fields of cron expressions as people write them, rewritten as croner reads them: full names, `5/15` (from 5 on),
 * ranges that go over the end (`fri-mon`, `22-2`), days before the last (`L-3`). What is wrong is refused here, with
 * the value that was written: croner counts months and days from 0, and says so in its errors.
 */

/** A field of a cron expression. */
export interface CronField {
  readonly name: string
  readonly least: number
  readonly most: number
  /** Names of its values from `least` on. */
  readonly names: readonly string[]
  /** Whether its least value follows its greatest one. */
  readonly round: boolean
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

const DAY_OF_MONTH = 3
const DAY_OF_WEEK = 5

export const CRON_FIELDS: readonly CronField[] = [
  { name: 'second', least: 0, most: 59, names: [], round: true },
  { name: 'minute', least: 0, most: 59, names: [], round: true },
  { name: 'hour', least: 0, most: 23, names: [], round: true },
  { name: 'day of month', least: 1, most: 31, names: [], round: false },
  { name: 'month', least: 1, most: 12, names: MONTHS, round: true },
  // 7 is Sunday too.
  { name: 'day of week', least: 0, most: 7, names: DAYS, round: true },
  { name: 'year', least: 1, most: 9999, names: [], round: false },
]

/** A field as croner reads it. */
export interface RewrittenField {
  /** Empty when nothing but days before the last was written. */
  readonly text: string
  /** The numbers of `L-3` and its like. */
  readonly beforeLast: readonly number[]
}

/** Rewrites the field at `index` of the seven. Throws RangeError or SyntaxError with what is wrong. */
export function rewriteField(index: number, written: string): RewrittenField {
  const field = CRON_FIELDS[index]!
  const and = index === DAY_OF_WEEK && written.startsWith('+')
  const items: string[] = []
  const beforeLast: number[] = []
  for (const item of (and ? written.slice(1) : written).split(',')) {
    const days = index === DAY_OF_MONTH ? /^L-(\d+)$/i.exec(item) : null
    if (days === null) items.push(rewriteItem(index, field, item))
    else beforeLast.push(within(Number(days[1]), 1, 27, `${item}: the number of days before the last`))
  }
  return { text: items.length === 0 ? '' : `${and ? '+' : ''}${items.join(',')}`, beforeLast }
}

function rewriteItem(index: number, field: CronField, item: string): string {
  if (item === '') throw new SyntaxError('a value between commas is missing')
  if (item === '*' || item === '?') return '*'
  if (index === DAY_OF_MONTH && /^(L|LW)$/i.test(item)) return item.toUpperCase()
  const nearest = index === DAY_OF_MONTH ? /^(\d+)W$/i.exec(item) : null
  if (nearest !== null) return `${valueOf(field, nearest[1]!)}W`
  const nth = index === DAY_OF_WEEK ? (/^([^#]+)#([1-5]|L)$/i.exec(item) ?? /^([^#L]+)(L)$/i.exec(item)) : null
  if (nth !== null) return `${valueOf(field, nth[1]!) % 7}#${nth[2]!.toUpperCase()}`
  const parts = /^([^/-]+)(?:-([^/-]+))?(?:\/(.+))?$/.exec(item)
  if (parts === null) throw new SyntaxError(`"${item}" is no value, range or step`)
  const [, from, to, by] = parts as unknown as [string, string, string | undefined, string | undefined]
  const step = by === undefined ? null : stepOf(field, item, by)
  if (from === '*' || from === '?') {
    if (to !== undefined || step === null) throw new SyntaxError(`"${item}" is no value, range or step`)
    return `*/${step}`
  }
  const first = valueOf(field, from)
  if (to === undefined) {
    if (step === null) return String(first)
    return `${first}-${index === DAY_OF_WEEK ? 6 : field.most}/${step}`
  }
  const last = valueOf(field, to)
  if (first <= last) return `${first}-${last}${step === null ? '' : `/${step}`}`
  if (!field.round) throw new RangeError(`"${item}" ends before it begins`)
  return overTheEnd(field, index, first, last, step ?? 1)
}

/** The values of a range that goes over the end of its field. */
function overTheEnd({ least, most }: CronField, index: number, first: number, last: number, step: number): string {
  const count = index === DAY_OF_WEEK ? 7 : most - least + 1
  const values: number[] = []
  for (let value = first; value <= last + count; value += step) values.push(((value - least) % count) + least)
  return values.sort((a, b) => a - b).join(',')
}

function valueOf(field: CronField, text: string): number {
  const { name, least, most, names } = field
  if (/^\d+$/.test(text)) return within(Number(text), least, most, name)
  const lower = text.toLowerCase()
  const named =
    lower.length < 3
      ? -1
      : names.findIndex(
          (each) => each === lower || each.slice(0, 3) === lower || (lower.length > 3 && each.startsWith(lower)),
        )
  if (named >= 0) return named + least
  throw new SyntaxError(
    `"${text}" is no ${name}; it is a number from ${least} to ${most}${names.length === 0 ? '' : `, or a name such as ${names[1]}`}`,
  )
}

function stepOf({ name, least, most }: CronField, item: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new SyntaxError(`the step of "${item}" is a whole number, not "${text}"`)
  return within(Number(text), 1, most - least + 1, `the step of ${name}`)
}

function within(value: number, least: number, most: number, name: string): number {
  if (value < least || value > most) throw new RangeError(`${name} is from ${least} to ${most}, not ${value}`)
  return value
}
