/**
 * A thread's end of a door: `callSoon` and `runCoroutine` on a loop that lives in another thread.
 *
 * The function is self-contained: its source travels to workers; `openDoor` uses it in threads that import this
 * package.
 */
import type { MessagePort } from 'node:worker_threads'
import type { StandIn } from '../worker/stand-ins.ts'
import type { createCells } from '../worker/cells.ts'
import type { createDoorMemory } from './door-memory.ts'

/** Names a callback registered on a door; it can be sent to any thread. */
export interface CallbackRef<A extends unknown[] = unknown[]> {
  readonly '@loop/executor': 'callback'
  readonly id: number
  /** Only for the type checker. */
  readonly arguments?: A
}

/** What travels to a thread; its port must be in the transfer list. */
export interface DoorHandle extends StandIn {
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

export function createDoorClient(
  handle: DoorHandle,
  makeMemory: typeof createDoorMemory,
  makeCells: typeof createCells,
): DoorClient {
  const memory = makeMemory(handle.memory)
  const values = makeCells(memory.cells)
  const { port, names } = handle
  const { control, callback: callbacks, shape, MASK, RECORDS, CELLS, BY_MESSAGE } = memory
  const { TAIL, HEAD, BELL, CLOSED, OVERFLOWING, OVERFLOWED } = memory
  class LoopClosedError extends Error {
    override name = 'LoopClosedError'
  }
  const replies = new Map<number, { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>()
  let lastReply = 0
  let tail = Atomics.load(control, TAIL)
  /** What `head` was when it was last looked at; it can only have grown. */
  let head = Atomics.load(control, HEAD)

  const closedError = (): LoopClosedError =>
    new LoopClosedError('the loop behind this door is closed; it takes no more calls')

  const ring = (): void => {
    if (Atomics.load(control, BELL) === 0 && Atomics.exchange(control, BELL, 1) === 0) port.postMessage(0)
  }

  const full = (): boolean => {
    if (((tail - head) | 0) < RECORDS) return false
    head = Atomics.load(control, HEAD)
    return ((tail - head) | 0) >= RECORDS
  }

  const publish = (target: number, form: number): void => {
    const at = tail & MASK
    callbacks[at] = target
    shape[at] = form
    tail = (tail + 1) | 0
    Atomics.store(control, TAIL, tail)
    ring()
  }

  const byMessage = (target: number | string, args: readonly unknown[], reply?: number): void => {
    const overflow = full() || Atomics.load(control, OVERFLOWING) > 0
    port.postMessage({ target, args, overflow, ...(reply === undefined ? {} : { reply }) } satisfies DoorMessage)
    if (!overflow) {
      publish(-1, BY_MESSAGE)
      return
    }
    Atomics.add(control, OVERFLOWING, 1)
    Atomics.add(control, OVERFLOWED, 1)
    ring()
  }

  /** The record's shape, its cells written, or -1 when the arguments do not fit. */
  const write = (args: readonly unknown[]): number =>
    args.length > CELLS ? -1 : values.writeAll((tail & MASK) * CELLS, args)

  const targetOf = (target: string | CallbackRef): number | string =>
    typeof target === 'string' ? (names[target] ?? target) : target.id

  port.on('message', (message: DoorReply) => {
    const waiting = replies.get(message.reply)
    replies.delete(message.reply)
    if (replies.size === 0) port.unref()
    if (message.failed) waiting?.reject(message.value)
    else waiting?.resolve(message.value)
  })
  port.on('close', () => {
    for (const { reject } of replies.values()) reject(closedError())
    replies.clear()
  })
  port.unref()

  return {
    callSoon: (callback, ...args) => {
      if (Atomics.load(control, CLOSED) === 1) throw closedError()
      const target = targetOf(callback)
      // The record must be free before it is written: a full ring still holds calls that were not read.
      if (typeof target === 'number' && !full() && Atomics.load(control, OVERFLOWING) === 0) {
        const form = write(args)
        if (form !== -1) {
          publish(target, form)
          return
        }
      }
      byMessage(target, args)
    },
    runCoroutine: async (callback, ...args) => {
      if (Atomics.load(control, CLOSED) === 1) throw closedError()
      const reply = ++lastReply
      byMessage(targetOf(callback), args, reply)
      port.ref()
      return await new Promise((resolve, reject) => {
        replies.set(reply, { resolve, reject })
      })
    },
    get pending() {
      return ((tail - Atomics.load(control, HEAD)) | 0) + Atomics.load(control, OVERFLOWING)
    },
    get closed() {
      return Atomics.load(control, CLOSED) === 1
    },
  }
}
