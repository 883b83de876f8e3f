/**
 * What to do when occurrences are due: usually one, on time. After a blocked loop, a sleep or a start-up there may be
 * many, and the policy decides:
 *
 *     watermark ···· o ···· o ···· o ···· o ·· now        'skip'  run the newest if it is on time, leave out the others
 *                                  newest ┘               'once'  run the newest for all of them
 *                    └ older than the window: left out    'all'   run each
 */
import type { MissedPolicy } from '../options.ts'
import type { Schedule } from './schedule.ts'

/** A run that begins this late is still on time: cron's resolution, a minute. */
export const ON_TIME_MS = 60_000
/**
 * The most occurrences that are caught up in one go; the oldest beyond it are left out. A three-hour sleep of a job a
 * second.
 */
const MOST_CAUGHT_UP = 10_000
/** Counting stops here, within a second; then only the window is looked through. Two weeks of a job a second. */
const MOST_COUNTED = 1_000_000

/** What is decided about occurrences that are due, in milliseconds of the schedule's timeline. */
export interface CatchUp {
  /** To be run, oldest first. */
  readonly runs: readonly number[]
  /** How many others the last of `runs` stands for. */
  readonly merged: number
  /** How many are left out. */
  readonly skipped: number
  /** The newest that was due. */
  readonly newest: number
}

/** Decides over everything from `first`, the oldest occurrence not dealt with, up to `now`. */
export function decideCatchUp(
  schedule: Schedule,
  first: number,
  now: number,
  policy: MissedPolicy,
  window: number,
  onTime: number,
): CatchUp {
  const { newest, count } = survey(schedule, first, now, window)
  if (policy === 'all') {
    const runs = list(schedule, first, now, window)
    return { runs, merged: 0, skipped: count - runs.length, newest }
  }
  const limit = policy === 'skip' ? onTime : Math.max(window, onTime)
  if (now - newest > limit) return { runs: [], merged: 0, skipped: count, newest }
  const others = count - 1
  return policy === 'skip'
    ? { runs: [newest], merged: 0, skipped: others, newest }
    : { runs: [newest], merged: others, skipped: 0, newest }
}

/** The newest occurrence from `first` to `now`, and how many there are. */
function survey(schedule: Schedule, first: number, now: number, window: number): { newest: number; count: number } {
  if (schedule.skip !== undefined) {
    const { last, count } = schedule.skip(first, now)
    return count === 0 ? { newest: first, count: 1 } : { newest: last, count: count + 1 }
  }
  let newest = first
  let count = 1
  for (let moment = schedule.next(first); moment !== null && moment <= now; count++) {
    newest = moment
    moment = schedule.next(count === MOST_COUNTED ? Math.max(moment, now - window) : moment)
  }
  return { newest, count }
}

/** The occurrences from `first` to `now` that are within the window. */
function list(schedule: Schedule, first: number, now: number, window: number): number[] {
  const listed: number[] = []
  let moment = first >= now - window ? first : schedule.next(now - window - 1)
  for (; moment !== null && moment <= now; moment = schedule.next(moment)) {
    listed.push(moment)
    // Only the newest count; a day of milliseconds would not fit.
    if (listed.length >= 2 * MOST_CAUGHT_UP) listed.splice(0, MOST_CAUGHT_UP)
  }
  return listed.slice(-MOST_CAUGHT_UP)
}
