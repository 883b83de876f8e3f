import { constants } from 'node:os'

/** The exit code of a process that a signal ended, by convention: 128 and the signal's number. */
export function exitCodeOf(signal: string): number {
  return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0)
}
