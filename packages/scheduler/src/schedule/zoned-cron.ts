/**
 * A cron pattern in a time zone. Within a stretch of constant offset a pattern is simple: local time is UTC plus the
 * offset. So the search goes stretch by stretch, and the two rules for a change are applied where two stretches meet:
 *
 *     gap   the clock jumps from 02:00 to 03:00; 02:30 does not exist.
 *           'after': runs at the first moment after the gap. However many times fall into the gap, that is one run.
 *           'skip':  does not run.
 *     fold  the clock falls back from 02:00 to 01:00; 01:30 comes twice.
 *           'first', 'last': runs once, in the first or the last pass.  'both': runs twice.
 *           'auto':  'both' for patterns with `*`, `?` or a step in seconds, minutes or hours, which mean "every so
 *           often";
 *                    'first' for those that name times of day. This is the rule of Vixie cron.
 *
 * Time only moves forward here, stretch after stretch, so nothing can run twice or spin in a change.
 */
import type { CronPattern } from './cron.ts'
import type { Stretch, Zone } from './zone.ts'

/** What becomes of local times that a change of the clock leaves out. */
export type GapRule = 'after' | 'skip'
/** What becomes of local times that a change of the clock repeats. */
export type FoldRule = 'auto' | 'first' | 'last' | 'both'

const SECOND = 1000
/** No offset differs from another by more: zones range from -12 to +14 hours. */
const WIDEST = 26 * 3_600_000
/** The calendar's end for Date, in milliseconds; a pattern with no match before it has none. */
const END_OF_TIME = 8.64e15

/** The first run after the epoch time `after`, in epoch milliseconds, or null when there is none. */
export function nextInZone(
  pattern: CronPattern,
  zone: Zone,
  gap: GapRule,
  fold: FoldRule,
  after: number,
): number | null {
  const rule = fold === 'auto' ? (pattern.repeating ? 'both' : 'first') : fold
  let time = after
  while (time < END_OF_TIME) {
    const stretch = zone.at(time)
    const local = pattern.next(time + stretch.offset)
    if (local === null) return null
    const candidate = local - stretch.offset
    if (candidate < stretch.end) {
      if (rule === 'both' || wanted(rule, local, stretch, zone)) return candidate
      time = candidate
      continue
    }
    const next = zone.at(stretch.end)
    if (gap === 'after' && local < stretch.end + next.offset) return stretch.end
    // The next stretch begins with its first moment, which may match: the search starts just before it, in its local
    // time.
    const resumed = pattern.next(stretch.end - SECOND + next.offset)
    if (resumed === null) return null
    if (resumed === stretch.end + next.offset) {
      if (rule === 'both' || wanted(rule, resumed, next, zone)) return stretch.end
    }
    // Nothing matches before `resumed`; a leap day is found in one step instead of stretch by stretch.
    time = Math.max(stretch.end, resumed - next.offset - WIDEST * 2)
  }
  return null
}

/** Whether the rule takes `local` in this stretch, when it also exists in a neighbouring one. */
function wanted(rule: 'first' | 'last', local: number, stretch: Stretch, zone: Zone): boolean {
  if (rule === 'first') {
    const before = stretch.start === -Infinity ? null : zone.at(stretch.start - SECOND)
    return before === null || local >= stretch.start + before.offset
  }
  const after = stretch.end === Infinity ? null : zone.at(stretch.end)
  return after === null || local < stretch.end + after.offset
}
