/** Says which argument or result could not be copied, and what to do. */
import { NotSerializableError } from './errors.ts'
import type { Task } from './task.ts'

/** Names the first argument that structured clone refuses. */
export function unsendableArgument(task: Task, error: unknown): NotSerializableError {
  const reason = (error as Error).message
  const transfer = task.options.transfer ?? []
  const index = task.args.findIndex((arg) => !isCloneable(arg, transfer))
  const which = index === -1 ? 'its transfer list is not valid' : `argument ${index + 1}`
  const hint = 'Pass plain data, and list buffers and ports that should move under `transfer`.'
  return new NotSerializableError(`cannot send ${task.title}: ${which} (${reason}). ${hint}`, { cause: error })
}

/** The function ran, but what it returned cannot be copied. */
export function unsendableResult(task: Task, reason: string): NotSerializableError {
  return new NotSerializableError(`cannot return the result of ${task.title}: ${reason}. Return plain data.`)
}

function isCloneable(value: unknown, transfer: readonly object[]): boolean {
  if (typeof value === 'object' && value !== null && transfer.includes(value)) return true
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
