/**
 * Arguments that cannot be cloned but have a counterpart in the worker travel as a placeholder: an AbortSignal becomes
 * the task's own signal, a thread-safe door the worker's end of it.
 */
import type { AnyFunction } from '@loop/core'

/** What stands for an argument on the way. */
export interface Placeholder {
  readonly '@loop/executor': 'signal' | 'door'
  readonly [part: string]: unknown
}

/** What makes the counterpart of each kind of placeholder. */
export type CounterpartMakers = { readonly [K in Placeholder['@loop/executor']]?: AnyFunction }

/** Puts the counterparts in place of the placeholders among `args`. */
export function replacePlaceholders(args: unknown[], makers: CounterpartMakers): void {
  for (let i = 0; i < args.length; i++) {
    const kind = (args[i] as Placeholder | null | undefined)?.['@loop/executor']
    const make = kind === undefined ? undefined : makers[kind]
    if (make !== undefined) args[i] = make(args[i])
  }
}
