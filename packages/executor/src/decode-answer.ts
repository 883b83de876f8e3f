import { decodeError } from './error-decoder.ts'
import type { Task } from './task.ts'
import { unreadableArguments, unsendableResult } from './unsendable.ts'
import type { Encoded } from './worker/error-codec.ts'

/** What a worker answers besides an error: a result cannot be cloned, or arguments did not arrive. */
type Refusal = { readonly unsendable: string } | { readonly unreadable: true }

/** The error that a failed task ends with. */
export function decodeAnswer(task: Task, answer: unknown): unknown {
  const failure = answer as Encoded | Refusal
  if ('unsendable' in failure) return unsendableResult(task, failure.unsendable)
  if ('unreadable' in failure) return unreadableArguments(task)
  return decodeError(failure, task.caller?.stack)
}
