/** Checks of what is passed to the loop and its methods. */

import type { LoopOptions } from './loop-options.ts'

/** Throws TypeError for what is not a function. */
export function checkCallback(callback: unknown, where: string): void {
  if (typeof callback !== 'function') throw new TypeError(`${where} takes a function as callback, not ${typeof callback}`)
}

/** Throws TypeError for what is no number of milliseconds. */
export function checkTime(ms: unknown, what: string, orElse = ''): void {
  if (typeof ms !== 'number' || Number.isNaN(ms)) {
    throw new TypeError(`${what} must be a number of milliseconds${orElse}, not ${typeof ms === 'number' ? 'NaN' : typeof ms}`)
  }
}

/** As {@link checkTime}, with null for no limit. */
export function checkLimit(ms: unknown, what: string): void {
  if (ms !== null) checkTime(ms, what, ' or null for no limit')
}

/** The arguments from an index on, of a function that reads them by hand. */
export function tail(args: IArguments, from: number): unknown[] {
  return Array.prototype.slice.call(args, from) as unknown[]
}

/** Throws TypeError or RangeError for options of a loop that mean nothing. */
export function checkLoopOptions(options: LoopOptions): void {
  for (const name of ['budgetMs', 'slowCallbackMs'] as const) {
    const value = options[name]
    if (value === undefined) continue
    checkTime(value, name)
    if (value < 0) throw new RangeError(`${name} must not be negative: ${value}`)
  }
  checkChoice(options.drain, 'drain', ['auto', 'public'])
  checkChoice(options.attribution, 'attribution', ['handle', 'async-context'])
}

function checkChoice(value: string | undefined, name: string, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return
  throw new RangeError(`${name} must be one of ${choices.map((choice) => `'${choice}'`).join(', ')}, not ${String(value)}`)
}
