/**
 * Checks, at submit, that the objects a task wants to move can move, so that a task either gets them whole or takes
 * nothing away.
 */
import * as workerThreads from 'node:worker_threads'
import type { MessagePort, Transferable } from 'node:worker_threads'
import { NotSerializableError } from '../errors.ts'
import type { WorkItem } from '../pool/work-item.ts'

/** The task that will take an object along, while it waits to be sent. */
const promised = new WeakMap<object, WorkItem>()

/**
 * Notes what the task will move; an error when something in its list is gone, listed twice, promised to another task,
 * or does not move.
 */
export function promiseTransfer(task: WorkItem): NotSerializableError | null {
  const transfer = task.options.transfer ?? []
  const listed = new Set<unknown>()
  for (const [index, object] of transfer.entries()) {
    const problem = listed.has(object) ? 'it is listed twice' : whyNot(object, transfer.length === 1)
    if (problem !== null) return refusal(task, index, problem)
    listed.add(object)
  }
  for (const object of transfer) promised.set(object, task)
  return null
}

function refusal(task: WorkItem, index: number, problem: string): NotSerializableError {
  const hint = 'List each object once, in one task only, while it is still here; leave out what should be copied.'
  return new NotSerializableError(
    `cannot send ${task.title}: entry ${index + 1} of its transfer list does not move (${problem}). ${hint}`,
  )
}

function whyNot(object: unknown, alone: boolean): string | null {
  if (typeof object !== 'object' || object === null) return `it is ${object === null ? 'null' : `a ${typeof object}`}`
  const other = promised.get(object)
  if (other !== undefined && !other.settled && !other.sent) return `another task that waits, ${other.title}, moves it`
  if (!(object instanceof ArrayBuffer)) return probe(object)
  if (isDetached(object)) return 'it was moved away before'
  if (isMarked !== undefined) return isMarked(object) ? MARKED : null
  // Asking takes six microseconds; where nothing else would move before it is found out, it need not be asked.
  return alone ? null : probe(object)
}

const MARKED = 'it is marked as untransferable'

/** Node 20 has no such function; there `stayedHere` tells. */
const isMarked = (workerThreads as { isMarkedAsUntransferable?: (object: object) => boolean }).isMarkedAsUntransferable

/** The refusal of a task whose buffer turned out to be marked. */
export class MarkedError extends Error {
  constructor() {
    super(MARKED)
  }
}

/**
 * Whether a buffer was copied instead of moved when the task was sent: Node 20 passes over what is marked as
 * untransferable.
 */
export function stayedHere(task: WorkItem): boolean {
  return (
    isMarked === undefined &&
    task.options.transfer!.some((object) => object instanceof ArrayBuffer && object.byteLength > 0)
  )
}

function isDetached(buffer: ArrayBuffer): boolean {
  try {
    void new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}

let channel: { readonly port1: MessagePort; readonly port2: MessagePort } | null = null
/** Whether this runtime refuses a list that names an object twice, as Node does. */
let refusesTwice = false

/**
 * Asks Node without moving anything: a list that names an object twice is refused, for that reason if it could move
 * once and for another one if it could not.
 */
function probe(object: object): string | null {
  if (channel === null) {
    channel = new workerThreads.MessageChannel()
    refusesTwice = true
    refusesTwice = probe(new ArrayBuffer(1)) === null
  }
  if (!refusesTwice) return null
  const { port1, port2 } = channel
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    port1.postMessage(null, [object, object] as Transferable[])
  } catch (error) {
    const { message } = error as Error
    return message.includes('duplicate') ? null : message
  } finally {
    Error.stackTraceLimit = limit
  }
  workerThreads.receiveMessageOnPort(port2)
  return MARKED
}
