import { decodeError } from './error-decoder.ts'
import type { Task } from './task.ts'
import { unsendableResult } from './unsendable.ts'
import type { Encoded } from './worker/error-codec.ts'

/** What a worker answers when a result cannot be cloned. */
interface UnsendableResult {
  readonly unsendable: string
}

/** The error that a failed task ends with. */
export function decodeAnswer(task: Task, answer: unknown): unknown {
  const failure = answer as Encoded | UnsendableResult
  return 'unsendable' in failure ? unsendableResult(task, failure.unsendable) : decodeError(failure, task.caller?.stack)
}
