import { IncompleteReadError, LimitOverrunError } from '../src/index.ts'

/** What a read gave, or the error that it threw, as traces of CPython have it; `other` says what other errors become. */
export async function readOutcome(read: PromiseLike<Buffer>, other: (error: unknown) => unknown): Promise<unknown> {
  try {
    return (await read).toString('latin1')
  } catch (error) {
    if (error instanceof IncompleteReadError)
      return ['incomplete', error.partial.toString('latin1'), error.expected ?? null]
    if (error instanceof LimitOverrunError) return ['overrun', error.consumed]
    return other(error)
  }
}
