/** Checks of options, whoever they belong to. */
import { describe } from '@loop/core/lowlevel'
import { JobOptionError } from '../errors.ts'
import { suggestion } from './suggestion.ts'

/** Refuses options that do not exist: one that is misspelt would silently do nothing. Throws JobOptionError. */
export function checkOptions(whose: string, options: object, known: readonly string[]): void {
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue
    throw new JobOptionError(
      `${whose}: there is no option "${option}"${suggestion(option, known)}; there are ${known.join(', ')}`,
    )
  }
}

/** Throws JobOptionError when an option of something that is no job is not a time. */
export function checkMilliseconds(whose: string, option: string, value: unknown, least: number): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return
  throw new JobOptionError(`${whose}: ${option} is a number of milliseconds from ${least}, not ${describe(value)}`)
}

/** Throws JobOptionError when an option is none of its choices. */
export function checkChoice(whose: string, option: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return
  throw new JobOptionError(
    `${whose}: ${option} is one of ${choices.join(', ')}, not ${typeof value === 'string' ? `"${value}"` : describe(value)}`,
  )
}
