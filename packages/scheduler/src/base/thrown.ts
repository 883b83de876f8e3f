/** What handlers, listeners and stores throw can be anything at all; these look at it without being thrown at. */
import { types } from 'node:util'
import { CancelledError } from '@loop/core'
import { describe } from '@loop/core/lowlevel'

/** Whether something thrown is an error of a class; never throws, not even for a revoked proxy. */
export function isInstance<T extends Error>(thrown: unknown, type: new (...args: never[]) => T): thrown is T {
  return types.isNativeError(thrown) && thrown instanceof type
}

/** What was thrown, or an error in its place if it cannot even be asked what it is, as a revoked proxy cannot. */
export function tame(thrown: unknown): unknown {
  try {
    void (thrown instanceof Error)
    return thrown
  } catch {
    return new TypeError(`something was thrown that cannot be looked at: ${describe(thrown)}`)
  }
}

export const isCancelled = (thrown: unknown): thrown is CancelledError => isInstance(thrown, CancelledError)

/** The most characters of an error's text that are kept of a run: more than any message that people read. */
const MOST_CHARACTERS = 10_000

/** An error as text that every store can keep: well-formed Unicode without the character 0, of a bounded length. */
export function storableText(thrown: unknown): string {
  const text = describe(thrown)
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
  return cut.replaceAll('\0', '\uFFFD').replace(/\p{Surrogate}/gu, '\uFFFD')
}
