/**
 * A thread's end of a door: `callSoon` and `runCoroutine` on a loop that lives in another thread.
 * Workers use it for doors that are arguments of tasks, so it calls nothing that a task can replace.
 */
import * as threads from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Placeholder } from '../transfer/placeholders.ts'
import { createPrimitiveCodec } from '../transfer/primitives.ts'
import * as intrinsics from '../worker/intrinsics.ts'
import { add, exchange, load, store, uncurryThis } from '../worker/intrinsics.ts'
import { createDoorMemory } from './door-memory.ts'

/** Names a callback registered on a door; it can be sent to any thread. */
export interface CallbackRef<A extends unknown[] = unknown[]> {
  readonly '@loop/executor': 'callback'
  readonly id: number
  /** Only for the type checker. */
  readonly arguments?: A
}

/** What travels to a thread; its port must be in the transfer list. */
export interface DoorHandle extends Placeholder {
  readonly '@loop/executor': 'door'
  readonly memory: SharedArrayBuffer
  readonly port: MessagePort
  readonly names: Readonly<Record<string, number>>
}

/** A thread's end of a door. */
export interface DoorClient {
  /**
   * Runs the registered callback on the loop, in the order of this thread's calls, and wakes the loop. Arguments are
   * copied. Throws LoopClosedError when the loop takes no more calls.
   */
  callSoon<A extends unknown[]>(callback: string | CallbackRef<A>, ...args: A): void
  /** Runs the registered coroutine function as a task of the loop; a promise of its result. */
  runCoroutine(callback: string | CallbackRef, ...args: unknown[]): Promise<unknown>
  /** Calls made and not yet taken by the loop: what a fast producer paces itself by. */
  readonly pending: number
  /** Whether the loop takes no more calls. */
  readonly closed: boolean
}

/** Calls that go by message. */
export interface DoorMessage {
  /** A registered callback's number, or a name that was registered after the handle was made. */
  readonly target: number | string
  readonly args: readonly unknown[]
  /** The ring was full: there is no record for it. */
  readonly overflow: boolean
  /** Number under which the result of a coroutine is awaited. */
  readonly reply?: number
}

/** The result of a coroutine. */
export interface DoorReply {
  readonly reply: number
  readonly failed: boolean
  readonly value: unknown
}

const { ErrorOf, OwnMap, PromiseOf } = intrinsics
const { prototype: portPrototype } = threads.MessagePort
const postMessage = uncurryThis(portPrototype.postMessage) as (port: MessagePort, message: unknown) => void
const ref = uncurryThis(portPrototype.ref) as (port: MessagePort) => void
const unref = uncurryThis(portPrototype.unref) as (port: MessagePort) => void
const on = uncurryThis(portPrototype.on) as (
  port: MessagePort,
  event: 'message' | 'close',
  listener: (message: DoorReply) => void,
) => void

class ClosedError extends ErrorOf {
  override name = 'LoopClosedError'

  constructor() {
    super('the loop behind this door is closed; it takes no more calls')
  }
}
// The pool's side knows the class by its name.
Object.defineProperty(ClosedError, 'name', { value: 'LoopClosedError' })

export function createDoorClient(handle: DoorHandle): DoorClient {
  const memory = createDoorMemory(handle.memory)
  const values = createPrimitiveCodec(memory.primitives)
  const { port, names } = handle
  const post = (message: DoorMessage | number): void => {
    postMessage(port, message)
  }
  const { control, callback: callbacks, shape, MASK, RECORDS, PRIMITIVES, BY_MESSAGE } = memory
  const { TAIL, HEAD, BELL, CLOSED, OVERFLOWING, OVERFLOWED } = memory
  const replies = new OwnMap<number, { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>()
  let lastReply = 0
  let tail = load(control, TAIL)
  /** What `head` was when it was last looked at; it can only have grown. */
  let head = load(control, HEAD)

  const ring = (): void => {
    if (load(control, BELL) === 0 && exchange(control, BELL, 1) === 0) post(0)
  }

  const full = (): boolean => {
    if (((tail - head) | 0) < RECORDS) return false
    head = load(control, HEAD)
    return ((tail - head) | 0) >= RECORDS
  }

  const publish = (target: number, form: number): void => {
    const at = tail & MASK
    callbacks[at] = target
    shape[at] = form
    tail = (tail + 1) | 0
    store(control, TAIL, tail)
    ring()
  }

  const byMessage = (target: number | string, args: readonly unknown[], reply?: number): void => {
    const overflow = full() || load(control, OVERFLOWING) > 0
    post({ target, args, overflow, ...(reply === undefined ? {} : { reply }) })
    if (!overflow) {
      publish(-1, BY_MESSAGE)
      return
    }
    add(control, OVERFLOWING, 1)
    add(control, OVERFLOWED, 1)
    ring()
  }

  /** The record's shape, its primitives written, or -1 when the arguments do not fit. */
  const write = (args: readonly unknown[]): number =>
    args.length > PRIMITIVES ? -1 : values.writeAll((tail & MASK) * PRIMITIVES, args)

  const targetOf = (target: string | CallbackRef): number | string =>
    typeof target === 'string' ? (names[target] ?? target) : target.id

  on(port, 'message', (message) => {
    const waiting = replies.get(message.reply)
    replies.delete(message.reply)
    if (replies.size === 0) unref(port)
    if (message.failed) waiting?.reject(message.value)
    else waiting?.resolve(message.value)
  })
  on(port, 'close', () => {
    replies.forEach(({ reject }, reply) => {
      replies.delete(reply)
      reject(new ClosedError())
    })
  })
  unref(port)

  return {
    callSoon: (callback, ...args) => {
      if (load(control, CLOSED) === 1) throw new ClosedError()
      const target = targetOf(callback)
      // The record must be free before it is written: a full ring still holds calls that were not read.
      if (typeof target === 'number' && !full() && load(control, OVERFLOWING) === 0) {
        const form = write(args)
        if (form !== -1) {
          publish(target, form)
          return
        }
      }
      byMessage(target, args)
    },
    runCoroutine: async (callback, ...args) => {
      if (load(control, CLOSED) === 1) throw new ClosedError()
      const reply = ++lastReply
      byMessage(targetOf(callback), args, reply)
      ref(port)
      return await new PromiseOf((resolve, reject) => {
        replies.set(reply, { resolve, reject })
      })
    },
    get pending() {
      return ((tail - load(control, HEAD)) | 0) + load(control, OVERFLOWING)
    },
    get closed() {
      return load(control, CLOSED) === 1
    },
  }
}
