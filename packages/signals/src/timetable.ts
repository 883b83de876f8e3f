import { messageOf } from '@loop/core/lowlevel'

/** Milliseconds that phases of a shutdown may take, each at most. */
export interface PhaseLimits {
  /** For the steps that stop accepting. */
  readonly stopAccepting?: number
  /** For requests, jobs and tasks that are running, and the steps of `drain`. */
  readonly drain?: number
  /** For the clean-up of cancelled tasks. */
  readonly cancel?: number
  /** For the steps of `close`. */
  readonly close?: number
}

type Limited = keyof PhaseLimits

/**
 * How phases without a limit of their own share the time that those with one leave. Work gets most of it; the rest is
 * for clean-up, and a last part is kept for what was passed over to end after all.
 */
const SHARES: Readonly<Record<Limited, number>> = { stopAccepting: 0.2, drain: 0.4, cancel: 0.2, close: 0.15 }
const PHASES = Object.keys(SHARES) as Limited[]
const SHARED = 0.95

/** When the phases of a shutdown end. What one leaves, the next has. */
export class Timetable {
  /** Milliseconds from the beginning by which each is over at the latest. */
  private readonly overBy: Readonly<Record<Limited, number>>

  constructor(
    private readonly timeout: number,
    private readonly limits: PhaseLimits,
  ) {
    checkMilliseconds(timeout, 'the timeout')
    for (const name of Object.keys(limits)) {
      if (!PHASES.includes(name as Limited))
        throw new TypeError(`gracefulShutdown knows no limit '${name}'; it has ${PHASES.join(', ')}`)
    }
    const limited = PHASES.filter((phase) => limits[phase] !== undefined)
    for (const phase of limited) checkMilliseconds(limits[phase], `the limit '${phase}'`)
    const sum = limited.reduce((total, phase) => total + limits[phase]!, 0)
    if (sum > timeout)
      throw new RangeError(`the limits of gracefulShutdown add up to ${sum} ms, more than its timeout of ${timeout} ms`)
    const shares = PHASES.reduce((total, phase) => total + (limits[phase] === undefined ? SHARES[phase] : 0), 0)
    const left = timeout === Infinity ? Infinity : Math.max(0, timeout * SHARED - sum)
    let passed = 0
    this.overBy = Object.fromEntries(
      PHASES.map((phase) => [phase, (passed += limits[phase] ?? (left * SHARES[phase]) / shares)]),
    ) as Record<Limited, number>
  }

  /** The time at which a phase that begins at `now` is over. */
  endOf(phase: Limited, startedAt: number, now: number): number {
    const limit = this.limits[phase]
    return limit === undefined ? startedAt + this.overBy[phase] : Math.min(now + limit, startedAt + this.timeout)
  }
}

function checkMilliseconds(value: unknown, what: string): void {
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new TypeError(`${what} of gracefulShutdown is a number of milliseconds, not ${messageOf(value)}`)
  }
}
