import { decodeError } from './error-decoder.ts'
import type { Outcome, WorkItem } from '../pool/work-item.ts'
import { unreadableArguments, unsendableResult } from './unsendable.ts'
import type { Encoded } from './error-encoder.ts'

/** What a worker answers besides an error: a result cannot be cloned, or arguments did not arrive. */
type Refusal = { readonly unsendable: string } | { readonly unreadable: true }

/** The outcome that a worker's message means: `failed` is 0 for a value, 1 for an encoded error or a refusal. */
export function decodeAnswer(task: WorkItem, failed: unknown, answer: unknown): Outcome {
  return failed === 0 ? { status: 'succeeded', value: answer } : { status: 'failed', value: errorOf(task, answer) }
}

function errorOf(task: WorkItem, answer: unknown): unknown {
  const failure = answer as Encoded | Refusal
  if ('unsendable' in failure) return unsendableResult(task, failure.unsendable)
  if ('unreadable' in failure) return unreadableArguments(task)
  return decodeError(failure, task.caller?.stack)
}
