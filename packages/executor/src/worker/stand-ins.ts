/**
 * Arguments that cannot be cloned but have a counterpart in the worker travel as a stand-in: an AbortSignal becomes the
 * task's own signal, a thread-safe door the worker's end of it.
 *
 * Self-contained: its source travels to workers.
 */
import type { AnyFunction } from '@loop/core'

/** What stands for an argument on the way. */
export interface StandIn {
  readonly '@loop/executor': 'signal' | 'door'
  readonly [part: string]: unknown
}

/** Puts the counterparts in place of the stand-ins among `args`. */
export function createStandInReplacer(makers: Record<string, AnyFunction>): (args: unknown[]) => void {
  return (args) => {
    for (let i = 0; i < args.length; i++) {
      const kind = (args[i] as StandIn | null | undefined)?.['@loop/executor']
      const make = kind === undefined ? undefined : makers[kind]
      if (make !== undefined) args[i] = make(args[i])
    }
  }
}
