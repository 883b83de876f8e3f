/**
 * Long because it is one function on purpose: only a whole function can travel as source.
 *
 * The program of a pool's thread: takes slots from the ring, runs them one after the other, answers.
 *
 * - It never parks the thread: between batches it returns to its event loop, so timers and sockets of tasks go on.
 * - Answers in slots are visible at once and the pool is rung once until it has looked; answers in messages are
 *   gathered, but never longer than BATCH_MS and never across a task that may take long.
 * - A task that returns a promise holds one of the worker's places until the promise settles; without `tasksPerWorker`
 *   there is one place, as on any thread.
 *
 * The function is self-contained: its source travels to the worker, together with the parts it is given.
 */
import type { MessagePort } from 'node:worker_threads'
import type { createCells } from '../worker/cells.ts'
import type { createErrorEncoder } from '../worker/error-codec.ts'
import type { createFunctionTable, Definition, ImportModule } from '../worker/function-table.ts'
import type { createInspector } from '../worker/inspector.ts'
import type { createMonotonicClock } from '../worker/monotonic.ts'
import type { createStandInReplacer } from '../worker/stand-ins.ts'
import type { sendOutput } from '../worker/output.ts'
import type { createTaskContext, TaskScope } from '../worker/task-context.ts'
import type { WorkerStart } from '../pool-worker.ts'
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
  readonly createInspector: typeof createInspector
  readonly sendOutput: typeof sendOutput
}

/** What a new thread is given. */
export interface ThreadWorkerData extends WorkerStart {
  readonly name: string
  readonly port: MessagePort
  readonly memory: SharedArrayBuffer
  readonly unwritten: Int32Array
}

/** From the pool to the worker; a bare number is the bell. */
export interface ToThread {
  readonly definitions?: readonly Definition[]
  /** Functions that it need not keep. */
  readonly forget?: readonly number[]
  /** Flat: slot, number of arguments, the arguments, and so on. */
  readonly calls?: readonly unknown[]
  /** The arguments of this slot were sent by mistake. */
  readonly drop?: number
  /** Look at the running task's abort flag. */
  readonly interrupt?: true
  readonly close?: true
}

/** From the worker to the pool; a bare number is the bell. */
export interface FromThread {
  /** Flat: slot, 0 for a value or 1 for an encoded error, that, and so on. */
  readonly answers?: readonly unknown[]
  /** Where it was written to, the text, and what it counts for. */
  readonly output?: readonly [1 | 2, string | Uint8Array, number]
  readonly ready?: true
  /** Its heap is larger than the pool allows. */
  readonly retire?: true
  readonly initializerFailed?: unknown
}

export function threadWorker(parts: ThreadWorkerParts, require: NodeJS.Require, importModule: ImportModule): void {
  const { workerData, receiveMessageOnPort } = require('node:worker_threads') as typeof import('node:worker_threads')
  const { name, port, memory, unwritten, initializer, preload, tasksPerWorker, maxHeapUsed } =
    workerData as ThreadWorkerData
  const table = parts.createSlotTable(memory)
  const { control, claim, call, shape, outcome, abort, dispatched, answered, cells, startedAt, ranMs } = table
  const { MASK, CELLS, DISPATCH_TAIL, ANSWER_TAIL, WORKER_STATE, POOL_BELL, SPIN, ASLEEP, AWAKE } = table
  const { QUEUED, RUNNING, DONE, SKIPPED, BY_MESSAGE, STAND_INS, WATCHED, TRANSFER_RESULT, MAY_TAKE_LONG } = table
  const clock = parts.createMonotonicClock()
  const values = parts.createCells(cells)
  const inspector = parts.createInspector()
  const encode = parts.createErrorEncoder(inspector)
  const functions = parts.createFunctionTable(require, importModule)
  const { AsyncLocalStorage } = require('node:async_hooks') as typeof import('node:async_hooks')
  const context = parts.createTaskContext(tasksPerWorker > 1 ? new AsyncLocalStorage() : null)
  const replaceStandIns = parts.createStandInReplacer({
    signal: () => context.signal(),
    door: (handle: DoorHandle) => parts.createDoorClient(handle, parts.createDoorMemory, parts.createCells),
  })

  /** Oldest answer that may wait for company before it is sent: twice a thread's wake-up time. */
  const BATCH_MS = 0.05
  /** Longest stretch of tasks before the thread's own event loop gets a look: unnoticeable for timers. */
  const SLICE_MS = 4
  /** How often the heap is looked at, in milliseconds; a look takes some microseconds. */
  const HEAP_MS = 20
  const NOTHING: readonly object[] = []

  /** Arguments that came by message, by slot. */
  const inbox: (unknown[] | undefined)[] = []
  /** Answers that go by message, their objects, and what each of them moves. */
  let outbox: unknown[] = []
  let gathered: Map<object, object> = new Map()
  let moves: (ArrayBuffer | null)[] = []
  /** Messages with answers so far. */
  let sent = 0
  let outboxSince = 0
  let head = 0
  let tail = 0
  let running = false
  /** Tasks whose promises have not settled. */
  let active = 0
  let now = 0
  let heapSeen = -Infinity
  let retired = false

  const accept = (message: ToThread | number): void => {
    if (typeof message === 'number') return
    // A function may be told again after it was to be forgotten.
    if (message.forget !== undefined) for (const id of message.forget) functions.forget(id)
    if (message.definitions !== undefined) for (const each of message.definitions) functions.define(each)
    const { calls } = message
    if (calls !== undefined) {
      for (let i = 0; i < calls.length;) {
        const slot = calls[i] as number
        const end = i + 2 + (calls[i + 1] as number)
        inbox[slot] = calls.slice(i + 2, end)
        i = end
      }
    }
    if (message.drop !== undefined) inbox[message.drop] = undefined
    if (message.interrupt === true) context.check()
    if (message.close === true) process.exit(0)
  }

  /** Takes messages that are here already without returning to the event loop; the pool posts before it publishes. */
  const acceptWaiting = (): void => {
    for (;;) {
      try {
        const next = receiveMessageOnPort(port)
        if (next === undefined) return
        accept(next.message as ToThread | number)
      } catch {
        // It cannot be read; the tasks whose arguments were in it say so when their turn comes.
      }
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

  const answerByMessage = (slot: number, failed: 0 | 1, value: unknown, moved: ArrayBuffer | null): void => {
    if (outbox.length === 0) outboxSince = now
    outbox.push(slot, failed, value)
    moves.push(moved)
  }

  const post = (answers: readonly unknown[], moved: readonly (ArrayBuffer | null)[]): void => {
    port.postMessage(
      { answers } satisfies FromThread,
      moved.filter((buffer) => buffer !== null),
    )
  }

  /** Before they leave: once the pool has an answer, the slot and its words are the next task's. */
  const markDone = (answers: readonly unknown[]): void => {
    sent = (sent + 1) & 0x3fffffff
    for (let i = 0; i < answers.length; i += 3) {
      outcome[answers[i] as number] = -sent
      Atomics.store(claim, answers[i] as number, DONE)
    }
  }

  /** Some value cannot be cloned: its task fails with the reason, the others are sent without it. */
  const sendOneByOne = (answers: readonly unknown[], moved: readonly (ArrayBuffer | null)[]): void => {
    for (let i = 0; i < answers.length; i += 3) {
      const one = answers.slice(i, i + 3)
      markDone(one)
      try {
        post(one, [moved[i / 3]!])
      } catch (error) {
        post([one[0], 1, { unsendable: String((error as Error).message) }], [])
      }
    }
  }

  const flush = (): void => {
    if (outbox.length === 0) return
    const answers = outbox
    const moved = moves
    outbox = []
    moves = []
    gathered = new Map()
    const before = sent
    markDone(answers)
    try {
      post(answers, moved)
    } catch {
      sent = before
      sendOneByOne(answers, moved)
    }
  }

  /**
   * The buffer of a result that moves: all of it, and not twice. A view of a part is copied, so that nothing else
   * leaves.
   */
  const moving = (slot: number, value: object): ArrayBuffer | null => {
    if ((shape[slot]! & TRANSFER_RESULT) === 0) return null
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value
    if (!(buffer instanceof ArrayBuffer) || (ArrayBuffer.isView(value) && value.byteLength < buffer.byteLength))
      return null
    return buffer
  }

  const isGone = (buffer: ArrayBuffer): boolean => {
    try {
      void new Uint8Array(buffer)
      return false
    } catch {
      return true
    }
  }

  const succeed = (slot: number, value: unknown): void => {
    const kind = values.write(slot * CELLS, value)
    if (kind !== -1) {
      finish(slot, kind)
      return
    }
    if (typeof value !== 'object' || value === null) {
      answerByMessage(slot, 0, value, null)
      return
    }
    const buffer = moving(slot, value)
    if (buffer !== null && isGone(buffer)) {
      fail(slot, { unsendable: 'its buffer was moved away before, with the result of another task' })
      return
    }
    const held = buffer === null ? NOTHING : [buffer]
    let findings = inspector.inspect([value], gathered, held)
    if (findings.overlaps) {
      // Results in one message would be one object for the caller.
      const copy = buffer === null ? inspector.copyOf([value]) : null
      if (copy !== null) {
        answerByMessage(slot, 0, copy[0], null)
        return
      }
      flush()
      findings = inspector.inspect([value], (gathered = new Map()), held)
    }
    answerByMessage(slot, 0, findings.partial ? inspector.withOwnBytes([value], held)[0] : value, buffer)
  }

  const fail = (slot: number, answer: unknown): void => {
    answerByMessage(slot, 1, answer, null)
  }

  const argsOf = (slot: number, form: number): unknown[] | null => {
    if ((form & BY_MESSAGE) !== 0) {
      if (inbox[slot] === undefined) acceptWaiting()
      const args = inbox[slot]
      inbox[slot] = undefined
      if (args === undefined) return null
      if ((form & STAND_INS) !== 0) replaceStandIns(args)
      return args
    }
    return values.readAll(slot * CELLS, form)
  }

  const start = (slot: number, scope: TaskScope | null): unknown => {
    const form = shape[slot]!
    const id = call[slot]!
    if (!functions.has(id)) acceptWaiting()
    if ((form & MAY_TAKE_LONG) !== 0) flush()
    const args = argsOf(slot, form)
    if (args === null) throw unreadable
    const fn = functions.get(id)
    if (typeof fn !== 'function') return fn.then((loaded) => context.within(scope, () => loaded(...args) as unknown))
    return args.length === 1 ? (fn(args[0]) as unknown) : (fn(...args) as unknown)
  }
  /** Thrown in place of a run whose arguments did not arrive. */
  const unreadable = {}

  const ended = (slot: number, scope: TaskScope | null): void => {
    now = clock()
    ranMs[slot] = now - startedAt[slot]!
    if (scope !== null) context.leave(scope)
    if (maxHeapUsed !== 0 && now - heapSeen > HEAP_MS) lookAtHeap()
  }

  const heapUsed = (): number => (require('node:v8') as typeof import('node:v8')).getHeapStatistics().used_heap_size
  const lookAtHeap = (): void => {
    heapSeen = now
    if (retired || heapUsed() <= maxHeapUsed) return
    retired = true
    port.postMessage({ retire: true } satisfies FromThread)
  }

  const failed = (slot: number, error: unknown): void => {
    fail(slot, error === unreadable ? { unreadable: true } : encode(error))
  }

  /** Runs a slot; a promise means that the task goes on, until it resolves. */
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
    const scope = (shape[slot]! & WATCHED) === 0 ? null : context.enter(() => Atomics.load(abort, slot) === 1)
    let value: unknown
    let then: unknown
    try {
      value =
        scope === null && tasksPerWorker === 1 ? start(slot, null) : context.within(scope, () => start(slot, scope))
      then = typeof value === 'object' && value !== null ? (value as PromiseLike<unknown>).then : undefined
    } catch (error) {
      ended(slot, scope)
      failed(slot, error)
      return null
    }
    if (typeof then !== 'function') {
      ended(slot, scope)
      succeed(slot, value)
      return null
    }
    return settle(slot, scope, value as PromiseLike<unknown>)
  }

  const settle = async (slot: number, scope: TaskScope | null, promise: PromiseLike<unknown>): Promise<void> => {
    flush()
    try {
      const value = await promise
      ended(slot, scope)
      succeed(slot, value)
    } catch (error) {
      ended(slot, scope)
      failed(slot, error)
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
      if (active >= tasksPerWorker) {
        flush()
        break
      }
      if (head === Atomics.load(control, DISPATCH_TAIL)) {
        flush()
        if (active === 0 && spin()) {
          now = clock()
          continue
        }
        Atomics.store(control, WORKER_STATE, ASLEEP)
        // The pool publishes, then looks at the state; this side sets the state, then looks at the ring. One of them
        // sees.
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
      if (pending === null) continue
      active++
      void pending.then(goOn)
      now = clock()
    }
    running = false
  }

  const goOn = (): void => {
    active--
    if (!running) drain()
  }

  const woken = (): void => {
    if (running) return
    Atomics.store(control, WORKER_STATE, AWAKE)
    drain()
  }

  port.on('message', (message: ToThread | number) => {
    accept(message)
    woken()
  })
  // It was the wake-up too.
  port.on('messageerror', woken)
  // `process.exit` in a task: what was answered before still goes out.
  process.on('exit', flush)
  parts.sendOutput(name, unwritten, (stream, chunk, size) => {
    port.postMessage({ output: [stream, chunk, size] } satisfies FromThread)
  })

  const initialize = async (): Promise<void> => {
    for (const url of preload) await functions.load(url)
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
