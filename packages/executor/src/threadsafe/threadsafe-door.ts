/** The loop's end of the door through which other threads call into it. */
import { MessageChannel } from 'node:worker_threads'
import {
  CancelledError,
  LoopClosedError,
  type AnyFunction,
  type CoroutineFunction,
  type EventLoop,
  type Task,
} from '@loop/core'
import { TO_PLACEHOLDER, type Portable } from '../transfer/pack-arguments.ts'
import { PromiseSubmission, type Submission } from '../pool/submission.ts'
import { createDoorClient, type CallbackRef, type DoorClient, type DoorHandle, type DoorReply } from './door-client.ts'
import type { WorkItem } from '../pool/work-item.ts'
import { DoorCall, invokeFor, Registration } from './door-call.ts'
import { DoorLane, type LaneOwner } from './door-lane.ts'
import { createDoorMemory } from './door-memory.ts'

/** What came through a door. */
export interface DoorStatistics {
  /** Threads that have an end of the door. */
  readonly threads: number
  /** Calls taken so far. */
  readonly calls: number
  /** Calls that found the ring full and went by message: back-pressure. */
  readonly overflowed: number
}

/**
 * A door into a loop. Register callbacks here; give the door to tasks as an argument, or a `handle()` to a worker of
 * your own; there `door.callSoon(name, ...args)` runs them on the loop.
 *
 * @example
 * const door = threadsafeDoor(getRunningLoop())
 * door.register('progress', (percent: number) => console.log(percent))
 * await pool.submit((door: DoorClient) => { door.callSoon('progress', 50) }, [door])
 */
export class ThreadsafeDoor implements Portable, LaneOwner, Disposable {
  private readonly registrations: Registration[] = []
  private readonly names = new Map<string, number>()
  private readonly lanes = new Set<DoorLane>()
  /** Of threads that are gone. */
  private past = { calls: 0, overflowed: 0 }
  private closed = false

  /** @internal Use `threadsafeDoor(loop)`. */
  constructor(private readonly loop: EventLoop) {
    loop.onClose(() => {
      this.close()
    })
  }

  /** Makes a callback, or a coroutine function for `runCoroutine`, known by name; a name can be used once. */
  register<A extends unknown[]>(name: string, callback: (...args: A) => unknown): CallbackRef<A> {
    if (typeof callback !== 'function') throw new TypeError(`register takes a function, not ${typeof callback}`)
    if (this.names.has(name)) throw new TypeError(`${name} is registered on this door already`)
    const id = this.registrations.push(new Registration(name, callback as AnyFunction)) - 1
    this.names.set(name, id)
    return { '@loop/executor': 'callback', id }
  }

  /** An end of the door for one thread: `worker.postMessage(handle, [handle.port])`, and `openDoor(handle)` there. */
  handle(): DoorHandle {
    return this.handleFor(null)
  }

  private handleFor(task: WorkItem | null): DoorHandle {
    if (this.closed || this.loop.isClosed()) throw new LoopClosedError('the loop behind this door is closed')
    const { port1, port2 } = new MessageChannel()
    const memory = createDoorMemory()
    this.lanes.add(new DoorLane(this, memory, port1, task))
    return { '@loop/executor': 'door', memory: memory.buffer, port: port2, names: Object.fromEntries(this.names) }
  }

  /** @internal How it travels as an argument of a task. */
  [TO_PLACEHOLDER](transfer: object[], task: WorkItem): DoorHandle {
    const handle = this.handleFor(task)
    transfer.push(handle.port)
    return handle
  }

  statistics(): DoorStatistics {
    let { calls, overflowed } = this.past
    for (const lane of this.lanes) {
      calls += lane.calls
      overflowed += lane.overflowed
    }
    return Object.freeze({ threads: this.lanes.size, calls, overflowed })
  }

  /** Takes no more calls; a thread that calls gets LoopClosedError. Closing the loop does it too. */
  close(): void {
    this.closed = true
    for (const lane of this.lanes) lane.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** @internal */
  call(
    target: number | string,
    args: readonly unknown[],
    reply: ((answer: Omit<DoorReply, 'reply'>) => void) | null,
    task: WorkItem | null,
  ): void {
    if (this.closed) return
    const registration = this.registrations[typeof target === 'number' ? target : (this.names.get(target) ?? -1)]
    if (registration === undefined) this.refuse(target, reply)
    else if (reply === null) this.loop.enqueue(new DoorCall(this.loop, registration, args))
    else this.runCoroutine(registration, args, reply, task)
  }

  /** @internal */
  laneClosed(lane: DoorLane): void {
    if (!this.lanes.delete(lane)) return
    this.past = { calls: this.past.calls + lane.calls, overflowed: this.past.overflowed + lane.overflowed }
  }

  private refuse(target: number | string, reply: ((answer: Omit<DoorReply, 'reply'>) => void) | null): void {
    const exception = new TypeError(`a thread called ${String(target)}, which is not registered on this door`)
    if (reply === null) this.loop.callExceptionHandler({ message: exception.message, exception })
    else reply({ failed: true, value: exception })
  }

  private runCoroutine(
    registration: Registration,
    args: readonly unknown[],
    reply: (answer: Omit<DoorReply, 'reply'>) => void,
    task: WorkItem | null,
  ): void {
    const coroutine = (() => invokeFor(task, registration, args)) as CoroutineFunction<unknown>
    runCoroutineThreadsafe(coroutine, this.loop).then(
      (value) => {
        reply({ failed: false, value })
      },
      (error: unknown) => {
        reply({ failed: true, value: error })
      },
    )
  }
}

const doors = new WeakMap<EventLoop, ThreadsafeDoor>()

/** The door into a loop; one a loop. Throws LoopClosedError when the loop is closed. */
export function threadsafeDoor(loop: EventLoop): ThreadsafeDoor {
  if (loop.isClosed()) throw new LoopClosedError('the loop is closed; nothing can call into it')
  let door = doors.get(loop)
  if (door === undefined) doors.set(loop, (door = new ThreadsafeDoor(loop)))
  return door
}

/** In another thread: the end of a door that was posted there. */
export function openDoor(handle: DoorHandle): DoorClient {
  return createDoorClient(handle)
}

/**
 * Runs a coroutine function as a task of `loop` from anywhere in this thread, a Node callback or another loop's task;
 * asyncio's `run_coroutine_threadsafe`. Other threads use `runCoroutine` of their door. Cancelling it cancels the task.
 */
export function runCoroutineThreadsafe<T>(coroutine: CoroutineFunction<T>, loop: EventLoop): Submission<T> {
  let task: Task<T> | null = null
  let cancelledEarly: [message: string | undefined] | null = null
  const submission = new PromiseSubmission<T>((resolve, reject) => {
    loop.callSoonThreadsafe(() => {
      const made = (task = loop.createTask(coroutine))
      made.addDoneCallback((done) => {
        if (done.cancelled()) reject(new CancelledError())
        else if (done.exception() === null) resolve(done.result())
        else reject(done.exception())
      })
      if (cancelledEarly !== null) made.cancel(cancelledEarly[0])
    })
  })
  submission.cancel = (message) => {
    if (task !== null) return task.cancel(message)
    cancelledEarly = [message]
    return true
  }
  return submission
}
