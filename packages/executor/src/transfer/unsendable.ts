/** Says which argument or result could not be copied, and what to do. */
import { NotSerializableError } from '../errors.ts'
import type { WorkItem } from '../pool/work-item.ts'
import { MarkedError } from './transfer.ts'

const HINT = 'Pass plain data, and list buffers and ports that should move under `transfer`.'

/** Processes only: memory was to be shared. */
export class SharedMemoryError extends Error {
  constructor(readonly argument: number) {
    super('it holds shared memory, which cannot be shared with a process')
  }
}

/** Processes only: the arguments are larger than a message can be. */
export function tooLarge(mostBytes: number): Error {
  return new RangeError(`they are larger than ${mostBytes / 1e9} GB, the most that one message carries`)
}

/** Names the first argument that structured clone refuses. */
export function unsendableArgument(task: WorkItem, error: unknown): NotSerializableError {
  const { message } = error as Error
  if (error instanceof SharedMemoryError) {
    return new NotSerializableError(
      `cannot send ${task.title}: argument ${error.argument} cannot travel (${message}). Pass a copy of the bytes, or use threads.`,
      { cause: error },
    )
  }
  if (error instanceof RangeError) {
    return new NotSerializableError(
      `cannot send ${task.title}: its arguments cannot travel (${message}). Pass parts, or the name of a file.`,
      { cause: error },
    )
  }
  if (error instanceof MarkedError) {
    return new NotSerializableError(
      `cannot send ${task.title}: something in its transfer list does not move (${message}). Leave it out, and it is copied.`,
      { cause: error },
    )
  }
  const transfer = task.options.transfer ?? []
  const index = task.args.findIndex((arg) => !isCloneable(arg, transfer))
  const which =
    index !== -1
      ? `argument ${index + 1}`
      : transfer.length > 0
        ? 'its transfer list is not valid'
        : 'its arguments cannot be copied'
  return new NotSerializableError(`cannot send ${task.title}: ${which} (${message}). ${HINT}`, { cause: error })
}

/** The function ran, but what it returned cannot be copied. */
export function unsendableResult(task: WorkItem, reason: string): NotSerializableError {
  return new NotSerializableError(`cannot return the result of ${task.title}: ${reason}. Return plain data.`)
}

/** The function ran and its answer came, but it cannot be made again here. */
export function unreadableResult(task: WorkItem, error: unknown): NotSerializableError {
  const reason = error instanceof Error ? error.message : 'the message could not be read'
  return new NotSerializableError(
    `the result of ${task.title} came but could not be read: ${reason}. Return plain data.`,
    { cause: error },
  )
}

/** The arguments left here but could not be made again in the worker. */
export function unreadableArguments(task: WorkItem): NotSerializableError {
  return new NotSerializableError(`${task.title} was not run: its arguments could not be read in the worker. ${HINT}`)
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
