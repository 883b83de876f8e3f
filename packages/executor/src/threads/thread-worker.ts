/**
 * Long because it is one function on purpose: only a whole function can travel as source.
 *
 * The program of a pool's thread: takes slots from the ring, runs them one after the other, answers.
 *
 * - It never parks the thread: between batches it returns to its event loop, so timers and sockets of tasks go on.
 * - Answers in slots are visible at once and the pool is rung once until it has looked; answers in messages are gathered,
 *   but never longer than BATCH_MS and never across a task that may take long.
 * - A task that returns a promise holds the worker until the promise settles: one task at a time, as on any thread.
 *
 * The function is self-contained: its source travels to the worker, together with the parts it is given.
 */
import type { MessagePort } from 'node:worker_threads'
import type { createCells } from '../worker/cells.ts'
import type { createErrorEncoder } from '../worker/error-codec.ts'
import type { createFunctionTable, Definition, ImportModule } from '../worker/function-table.ts'
import type { createMonotonicClock } from '../worker/monotonic.ts'
import type { createStandInReplacer } from '../worker/stand-ins.ts'
import type { createTaskContext } from '../worker/task-context.ts'
import type { createDoorClient, DoorHandle } from '../door/door-client.ts'
import type { createDoorMemory } from '../door/door-memory.ts'
import type { createSlotTable } from './slot-table.ts'

/** The parts whose sources travel with `threadWorker`. */
export interface ThreadWorkerParts {
  readonly createSlotTable: typeof createSlotTable
  readonly createErrorEncoder: typeof createErrorEncoder
  readonly createFunctionTable: typeof createFunctionTable
  readonly createMonotonicClock: typeof createMonotonicClock
  readonly createTaskContext: typeof createTaskContext
  readonly createStandInReplacer: typeof createStandInReplacer
  readonly createDoorClient: typeof createDoorClient
  readonly createDoorMemory: typeof createDoorMemory
  readonly createCells: typeof createCells
}

/** What a new thread is given. */
export interface ThreadWorkerData {
  readonly port: MessagePort
  readonly memory: SharedArrayBuffer
  readonly initializer: { readonly definition: Definition; readonly args: readonly unknown[] } | null
}

/** From the pool to the worker; a bare number is the bell. */
export interface ToThread {
  readonly definitions?: readonly Definition[]
  /** Flat: slot, number of arguments, the arguments, and so on. */
  readonly calls?: readonly unknown[]
  /** Look at the running task's abort flag. */
  readonly interrupt?: true
  readonly close?: true
}

/** From the worker to the pool; a bare number is the bell. */
export interface FromThread {
  /** Flat: slot, 0 for a value or 1 for an encoded error, that, and so on. */
  readonly answers?: readonly unknown[]
  readonly ready?: true
  readonly initializerFailed?: unknown
}

export function threadWorker(parts: ThreadWorkerParts, require: NodeJS.Require, importModule: ImportModule): void {
  const { workerData, receiveMessageOnPort } = require('node:worker_threads') as typeof import('node:worker_threads')
  const { port, memory, initializer } = workerData as ThreadWorkerData
  const table = parts.createSlotTable(memory)
  const { control, claim, call, shape, outcome, abort, dispatched, answered, cells, startedAt, ranMs } = table
  const { MASK, CELLS, DISPATCH_TAIL, ANSWER_TAIL, WORKER_STATE, POOL_BELL, SPIN, ASLEEP, AWAKE } = table
  const { QUEUED, RUNNING, DONE, SKIPPED, BY_MESSAGE, STAND_INS, WATCHED, TRANSFER_RESULT, MAY_TAKE_LONG } = table
  const clock = parts.createMonotonicClock()
  const values = parts.createCells(cells)
  const encode = parts.createErrorEncoder()
  const functions = parts.createFunctionTable(require, importModule)
  const context = parts.createTaskContext()
  const replaceStandIns = parts.createStandInReplacer({
    signal: () => context.signal(),
    door: (handle: DoorHandle) => parts.createDoorClient(handle, parts.createDoorMemory, parts.createCells),
  })

  /** Oldest answer that may wait for company before it is sent: twice a thread's wake-up time. */
  const BATCH_MS = 0.05
  /** Longest stretch of tasks before the thread's own event loop gets a look: unnoticeable for timers. */
  const SLICE_MS = 4

  /** Arguments that came by message, by slot. */
  const inbox: (unknown[] | undefined)[] = []
  /** Answers that go by message. */
  let outbox: unknown[] = []
  let movable: object[] = []
  let outboxSince = 0
  let head = 0
  let tail = 0
  let running = false
  let now = 0

  const accept = (message: ToThread | number): void => {
    if (typeof message === 'number') return
    if (message.definitions !== undefined) for (const each of message.definitions) functions.define(each)
    const { calls } = message
    if (calls !== undefined) {
      for (let i = 0; i < calls.length; ) {
        const slot = calls[i] as number
        const end = i + 2 + (calls[i + 1] as number)
        inbox[slot] = calls.slice(i + 2, end)
        i = end
      }
    }
    if (message.interrupt === true) context.check()
    if (message.close === true) process.exit(0)
  }

  /** Takes messages that are here already without returning to the event loop; the pool posts before it publishes. */
  const acceptWaiting = (): void => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      accept(next.message as ToThread | number)
    }
  }

  const publish = (slot: number): void => {
    answered[tail & MASK] = slot
    tail = (tail + 1) | 0
    Atomics.store(control, ANSWER_TAIL, tail)
    if (Atomics.load(control, POOL_BELL) === 0 && Atomics.exchange(control, POOL_BELL, 1) === 0) port.postMessage(0)
  }

  const finish = (slot: number, kind: number): void => {
    outcome[slot] = kind
    Atomics.store(claim, slot, DONE)
    publish(slot)
  }

  const answerByMessage = (slot: number, failed: 0 | 1, value: unknown): void => {
    if (outbox.length === 0) outboxSince = now
    outbox.push(slot, failed, value)
  }

  /** The value cannot be cloned: the task fails with the reason, the others are sent without it. */
  const sendOneByOne = (answers: readonly unknown[], moved: object[]): void => {
    for (let i = 0; i < answers.length; i += 3) {
      const one = answers.slice(i, i + 3)
      try {
        port.postMessage({ answers: one } satisfies FromThread, moved as never)
      } catch (error) {
        port.postMessage({ answers: [one[0], 1, { unsendable: String((error as Error).message) }] } satisfies FromThread)
      }
    }
  }

  const flush = (): void => {
    if (outbox.length === 0) return
    const answers = outbox
    const moved = movable
    outbox = []
    movable = []
    // Before they leave: once the pool has an answer, the slot and its claim word are the next task's.
    for (let i = 0; i < answers.length; i += 3) Atomics.store(claim, answers[i] as number, DONE)
    try {
      port.postMessage({ answers } satisfies FromThread, moved as never)
    } catch {
      sendOneByOne(answers, moved)
    }
  }

  const succeed = (slot: number, value: unknown): void => {
    const kind = values.write(slot * CELLS, value)
    if (kind !== -1) {
      finish(slot, kind)
      return
    }
    if ((shape[slot]! & TRANSFER_RESULT) !== 0) {
      const buffer = ArrayBuffer.isView(value) ? value.buffer : value
      if (buffer instanceof ArrayBuffer) movable.push(buffer)
    }
    answerByMessage(slot, 0, value)
  }

  const argsOf = (slot: number, form: number): unknown[] => {
    if ((form & BY_MESSAGE) !== 0) {
      if (inbox[slot] === undefined) acceptWaiting()
      const args = inbox[slot]!
      inbox[slot] = undefined
      if ((form & STAND_INS) !== 0) replaceStandIns(args)
      return args
    }
    return values.readAll(slot * CELLS, form)
  }

  const start = (slot: number): unknown => {
    const form = shape[slot]!
    const id = call[slot]!
    if (!functions.has(id)) acceptWaiting()
    if ((form & MAY_TAKE_LONG) !== 0) flush()
    if ((form & WATCHED) !== 0) context.enter(() => Atomics.load(abort, slot) === 1)
    const fn = functions.get(id)
    const args = argsOf(slot, form)
    if (typeof fn !== 'function') return fn.then((loaded) => loaded(...args) as unknown)
    return args.length === 1 ? (fn(args[0]) as unknown) : (fn(...args) as unknown)
  }

  const ended = (slot: number): void => {
    const before = now
    now = clock()
    ranMs[slot] = now - before
    if ((shape[slot]! & WATCHED) !== 0) context.leave()
  }

  /** Runs a slot; a promise means that the task goes on, and the worker with it once the promise resolves. */
  const runSlot = (slot: number): Promise<void> | null => {
    // Written before the claim, so that whoever sees RUNNING sees the time too.
    startedAt[slot] = now
    if (Atomics.compareExchange(claim, slot, QUEUED, RUNNING) !== QUEUED) {
      if ((shape[slot]! & BY_MESSAGE) !== 0) {
        if (inbox[slot] === undefined) acceptWaiting()
        inbox[slot] = undefined
      }
      finish(slot, SKIPPED)
      return null
    }
    let value: unknown
    try {
      value = start(slot)
    } catch (error) {
      ended(slot)
      answerByMessage(slot, 1, encode(error))
      return null
    }
    if (typeof value !== 'object' || value === null || typeof (value as PromiseLike<unknown>).then !== 'function') {
      ended(slot)
      succeed(slot, value)
      return null
    }
    return settle(slot, value as PromiseLike<unknown>)
  }

  const settle = async (slot: number, promise: PromiseLike<unknown>): Promise<void> => {
    flush()
    try {
      const value = await promise
      ended(slot)
      succeed(slot, value)
    } catch (error) {
      ended(slot)
      answerByMessage(slot, 1, encode(error))
    }
  }

  /** Looks in vain before looking is given up for a while. */
  const MISSES = 2
  /** How long it is given up for, in milliseconds: doubled each time, up to where trying again costs nothing. */
  const SHORTEST_REST = 1
  const LONGEST_REST = 200
  let misses = 0
  let rest = SHORTEST_REST
  let restUntil = 0

  /**
   * Looks for work for the time the pool allows before the thread sleeps. It pays while the next task comes within that
   * time and both threads have a core; where it does not, each look in vain delays what else the core could do.
   */
  const spin = (): boolean => {
    const budget = Atomics.load(control, SPIN)
    if (budget === 0) return false
    const begin = clock()
    if (begin < restUntil) return false
    const end = begin + budget / 1000
    let time: number
    do {
      // Sixty looks at the shared word cost about what one look at the clock does.
      for (let i = 0; i < 60; i++) {
        if (Atomics.load(control, DISPATCH_TAIL) === head) continue
        misses = 0
        rest = SHORTEST_REST
        return true
      }
      time = clock()
    } while (time < end)
    if (++misses >= MISSES) {
      misses = 0
      restUntil = time + rest
      rest = Math.min(2 * rest, LONGEST_REST)
    }
    return false
  }

  const drain = (): void => {
    running = true
    now = clock()
    const sliceEnd = now + SLICE_MS
    for (;;) {
      if (head === Atomics.load(control, DISPATCH_TAIL)) {
        flush()
        if (spin()) {
          now = clock()
          continue
        }
        Atomics.store(control, WORKER_STATE, ASLEEP)
        // The pool publishes, then looks at the state; this side sets the state, then looks at the ring. One of them sees.
        if (head === Atomics.load(control, DISPATCH_TAIL)) break
        Atomics.store(control, WORKER_STATE, AWAKE)
        continue
      }
      if (outbox.length !== 0 && now - outboxSince > BATCH_MS) flush()
      if (now > sliceEnd) {
        flush()
        setImmediate(drain)
        return
      }
      const slot = dispatched[head & MASK]!
      head = (head + 1) | 0
      const pending = runSlot(slot)
      if (pending !== null) {
        void pending.then(drain)
        return
      }
    }
    running = false
  }

  port.on('message', (message: ToThread | number) => {
    accept(message)
    if (!running) {
      Atomics.store(control, WORKER_STATE, AWAKE)
      drain()
    }
  })
  // `process.exit` in a task: what was answered before still goes out.
  process.on('exit', flush)

  const initialize = async (): Promise<void> => {
    if (initializer !== null) {
      functions.define(initializer.definition)
      const fn = await functions.get(initializer.definition.id)
      await (fn(...initializer.args) as unknown)
    }
  }
  initialize().then(
    () => {
      port.postMessage({ ready: true } satisfies FromThread)
    },
    (error: unknown) => {
      port.postMessage({ initializerFailed: encode(error) } satisfies FromThread)
    },
  )
}

