import type { InspectOptions } from 'node:util'

/**
 * Node's name for the method that says how an object is printed, by `console.log` and in reports. The loop's objects
 * refer to each other, so that without it one future prints the whole loop.
 */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** Node's `inspect`, as it is handed to such a method. */
export type Inspect = (value: unknown, options: InspectOptions) => string

/** A value inside of another one's text. */
export function inspectInside(value: unknown, options: InspectOptions, inspect: Inspect): string {
  return inspect(value, { ...options, depth: 0, compact: true, breakLength: Infinity })
}
