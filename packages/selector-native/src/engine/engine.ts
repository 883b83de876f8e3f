/**
 * One engine: the shared memory, the way in for events and the way out for operations.
 *
 * Events come in with one call for all of them. Operations go out by being written into shared memory; the addon looks
 * there after every call into JavaScript and before every wait, so that a write costs a copy and five stores.
 */
import type { ReadyEvent } from '@loop/core/lowlevel'
import { READABLE } from '@loop/core/lowlevel'
import type { NativeBinding, NativeEngine } from '../binding.ts'
import type { SharedMemory } from './layout.ts'
import { Operation, OUT_BYTES, QUEUE, sharedMemory, SLOT_MASK } from './layout.ts'
import { SystemError } from '../errors.ts'
import { Received } from './received.ts'

/** Events of streams carry no caller's token: they run by themselves. */
const NO_TOKEN = -1

/** Something with a slot in the addon: turns the raw events of its id into events for the loop. */
export interface SlotOwner {
  readonly id: number
  take(kind: number, a: number, b: number, into: ReadyEvent[]): void
  /** An event of its own could not be taken: there is no memory for what arrived. */
  fail?(error: Error): void
  /** The engine was closed under it; nothing more comes. */
  abandon?(): void
}

/** Something with bytes in the slab that its handler has not been lent yet. */
export interface Borrower {
  /** The slab is about to be rewritten: copies them. */
  keepLent(): void
}

/** An event that runs something as one handle of the coming turn. */
export function running(run: () => void): ReadyEvent {
  return { token: NO_TOKEN, ready: READABLE, run }
}

export class Engine {
  readonly memory: SharedMemory = sharedMemory()
  readonly handle: NativeEngine
  private readonly targets: (SlotOwner | undefined)[] = []
  private posted: ReadyEvent[] = []
  /** What arrived. */
  readonly received: Received
  private outUsed = 0
  private borrowers: Borrower[] = []
  closed = false

  constructor(
    readonly native: NativeBinding,
    backend: string,
    busyPollUs: number,
    deliver: (events: ReadyEvent[]) => void,
  ) {
    const opened = native.open(backend, busyPollUs, this.memory, (count) => {
      deliver(this.collect(count))
    })
    if (typeof opened === 'number') throw new SystemError(opened, backend)
    this.handle = opened
    this.received = new Received(native, opened)
  }

  /** Everything with a slot. */
  *open(): Generator<SlotOwner> {
    for (const target of this.targets) if (target !== undefined) yield target
  }

  add(target: SlotOwner): void {
    this.targets[target.id & SLOT_MASK] = target
  }

  remove(target: SlotOwner): void {
    if (this.targets[target.id & SLOT_MASK] === target) this.targets[target.id & SLOT_MASK] = undefined
  }

  /** Arms a wait; a negative time is none. */
  arm(timeout: number): void {
    this.keepLent()
    this.native.arm(this.handle, timeout)
  }

  /** What is ready now, without waiting. */
  look(): ReadyEvent[] {
    this.keepLent()
    return this.collect(this.native.take(this.handle))
  }

  /** Bytes in the slab are to be lent in the coming turn. */
  lend(borrower: Borrower): void {
    this.borrowers.push(borrower)
  }

  /**
   * Not all events of a turn have run when an error of the host broke it off; what they were to be lent is still there.
   */
  private keepLent(): void {
    if (this.borrowers.length === 0) return
    const { borrowers } = this
    this.borrowers = []
    for (const borrower of borrowers) borrower.keepLent()
  }

  /** Adds an event of our own to the next delivery. */
  post(event: ReadyEvent): void {
    this.posted.push(event)
    if (!this.closed) this.native.wake(this.handle)
  }

  /** Queues bytes for a connection; they are copied. At most {@link OUT_BYTES} fit at once. */
  queueWrite(id: number, bytes: Uint8Array): void {
    const { length } = bytes
    const { queue, out, pending } = this.memory
    let count = queue[0]!
    let used = count === 0 ? 0 : this.outUsed
    if (used + length > OUT_BYTES) {
      this.flush()
      count = used = 0
    }
    out.set(bytes, used)
    // Next to the last entry, of the same connection: one entry for both.
    const last = 4 * count
    if (count > 0 && queue[last] === id && queue[last + 1] === Operation.write) queue[last + 3]! += length
    else this.queue(id, Operation.write, used, length)
    this.outUsed = used + length
    pending[id & SLOT_MASK]! += length
  }

  /** Queues an operation. */
  queue(id: number, operation: number, offset = 0, length = 0): void {
    if (this.closed) return
    const { queue } = this.memory
    if (queue[0] === QUEUE) this.flush()
    const used = queue[0]!
    queue[0] = used + 1
    const at = 4 * (1 + used)
    queue[at] = id
    queue[at + 1] = operation
    queue[at + 2] = offset
    queue[at + 3] = length
  }

  flush(): void {
    if (!this.closed) this.native.flush(this.handle)
  }

  close(): void {
    if (this.closed) return
    this.native.close(this.handle)
    this.closed = true
    for (const target of this.open()) target.abandon?.()
    this.targets.length = 0
    this.posted = []
  }

  private collect(count: number): ReadyEvent[] {
    const into = this.posted
    this.posted = []
    const { events } = this.memory
    for (let at = 0; at < 4 * count; at += 4) {
      const id = events[at]!
      const target = this.targets[id & SLOT_MASK]
      if (target === undefined || target.id !== id) continue
      try {
        target.take(events[at + 1]!, events[at + 2]!, events[at + 3]!, into)
      } catch (error) {
        // The others' events are still to be delivered, and the wait to be ended.
        target.fail?.(error as Error)
      }
    }
    return into
  }
}
