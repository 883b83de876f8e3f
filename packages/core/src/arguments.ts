/** Checks of what is passed to the loop's methods. */

/** Throws TypeError for what is not a function. */
export function checkCallback(callback: unknown, where: string): void {
  if (typeof callback !== 'function') throw new TypeError(`${where} takes a function as callback, not ${typeof callback}`)
}

/** Throws TypeError for what is no number of milliseconds. */
export function checkTime(ms: unknown, what: string): void {
  if (typeof ms !== 'number' || Number.isNaN(ms)) {
    throw new TypeError(`${what} must be a number of milliseconds, not ${typeof ms === 'number' ? 'NaN' : typeof ms}`)
  }
}

/** The arguments from an index on, of a function that reads them by hand. */
export function tail(args: IArguments, from: number): unknown[] {
  return Array.prototype.slice.call(args, from) as unknown[]
}
