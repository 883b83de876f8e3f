/**
 * Long because what a thread keeps between two looks at its event loop is read together.
 *
 * The program of a pool's thread: takes slots from the ring, runs them one after the other, answers.
 *
 * - It never parks the thread: between batches it returns to its event loop, so timers and sockets of tasks go on.
 * - Answers in slots are visible at once and the pool is rung once until it has looked; answers in messages are
 *   gathered, but never longer than BATCH_MS and never across a task that may take long.
 * - A task that returns a promise holds one of the worker's places until the promise settles; without `tasksPerWorker`
 *   there is one place, as on any thread.
 *
 * The build bundles it into a text, which is all that a new thread is given. Tasks run in the same realm, so it calls
 * nothing that they can replace (`intrinsics.ts`).
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import * as v8 from 'node:v8'
import * as threads from 'node:worker_threads'
import { createDoorClient, type DoorHandle } from '../threadsafe/door-client.ts'
import { WorkerSide } from '../threads/slot-protocol.ts'
import { createSlotTable } from '../threads/slot-table.ts'
import { encodeError } from '../transfer/error-encoder.ts'
import { copyOf, inspect, withOwnBytes } from '../transfer/inspector.ts'
import { replacePlaceholders } from '../transfer/placeholders.ts'
import { createPrimitiveCodec } from '../transfer/primitives.ts'
import { FunctionTable } from './function-table.ts'
import { initialize } from './initialize.ts'
import * as intrinsics from './intrinsics.ts'
import {
  append,
  apply,
  bufferLength,
  bufferOf,
  immediately,
  isView,
  lengthOf,
  listener,
  load,
  part,
  toText,
} from './intrinsics.ts'
import { THREAD_ANSWER, type FromThread, type ThreadWorkerData, type ToThread } from './messages.ts'
import { createMonotonicClock } from './monotonic.ts'
import { sendOutput } from './output.ts'
import { BATCH_MS, HEAP_MS, SLICE_MS } from './pace.ts'
import { TaskContext, type TaskScope } from './task-context.ts'

/** Looks in vain before looking is given up for a while. */
const MISSES = 2
/** How long it is given up for, in milliseconds: doubled each time, up to where trying again costs nothing. */
const SHORTEST_REST = 1
const LONGEST_REST = 200
const NOTHING: readonly object[] = []

const { ArrayBufferOf, OwnMap, Uint8ArrayOf } = intrinsics
const { receiveMessageOnPort, workerData } = threads
const { getHeapStatistics } = v8
const exit = process.exit.bind(process)
const { name, port, memory, unwritten, initializer, preload, tasksPerWorker, maxHeapUsed } =
  workerData as ThreadWorkerData
// As it is now: a task may replace the method of all ports later.
const postMessage = port.postMessage.bind(port) as (message: FromThread | number, transfer?: readonly object[]) => void

const table = createSlotTable(memory)
const { control, call, shape, abort, startedAt, ranMs } = table
const { PRIMITIVES, SPIN } = table
const { SKIPPED, BY_MESSAGE, PLACEHOLDERS, WATCHED, TRANSFER_RESULT, MAY_TAKE_LONG } = table
const slots = new WorkerSide(table)
const clock = createMonotonicClock()
const values = createPrimitiveCodec(table.primitives)
const functions = new FunctionTable()
const context = new TaskContext(tasksPerWorker > 1 ? new AsyncLocalStorage() : null)
const counterparts = {
  signal: () => context.signal(),
  door: (handle: DoorHandle) => createDoorClient(handle),
}

/** Arguments that came by message, by slot. */
const inbox: (unknown[] | undefined)[] = []
/** Answers that go by message, their objects, and what each of them moves. */
let outbox: unknown[] = []
let gathered: Map<object, object> = new OwnMap()
let moves: (ArrayBuffer | null)[] = []
/** Messages with answers so far. */
let sent = 0
let outboxSince = 0
let running = false
/** Tasks whose promises have not settled. */
let active = 0
let now = 0
let heapSeen = -Infinity
let retired = false

// ---------------------------------------------------------------- receiving

function accept(message: ToThread | number): void {
  if (typeof message === 'number') return
  const { forget, definitions, calls } = message
  // A function may be defined again after it was forgotten.
  if (forget !== undefined) for (let i = 0; i < forget.length; i++) functions.forget(forget[i]!)
  if (definitions !== undefined) for (let i = 0; i < definitions.length; i++) functions.define(definitions[i]!)
  if (calls !== undefined) {
    for (let i = 0; i < calls.length;) {
      const end = i + 2 + (calls[i + 1] as number)
      inbox[calls[i] as number] = part(calls, i + 2, end)
      i = end
    }
  }
  if (message.drop !== undefined) inbox[message.drop] = undefined
  if (message.interrupt === true) context.check()
  if (message.close === true) exit(0)
}

/** Takes messages that are here already without returning to the event loop; the pool posts before it publishes. */
function acceptWaiting(): void {
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

/** The arguments of a slot, or null when they did not arrive. */
function argsOf(slot: number, form: number): unknown[] | null {
  if ((form & BY_MESSAGE) === 0) return values.readAll(slot * PRIMITIVES, form)
  if (inbox[slot] === undefined) acceptWaiting()
  const args = inbox[slot]
  inbox[slot] = undefined
  if (args === undefined) return null
  if ((form & PLACEHOLDERS) !== 0) replacePlaceholders(args, counterparts)
  return args
}

// ---------------------------------------------------------------- answering

function finish(slot: number, kind: number): void {
  slots.done(slot, kind)
  if (slots.answer(slot)) postMessage(0)
}

function answerByMessage(slot: number, failed: 0 | 1, value: unknown, moved: ArrayBuffer | null): void {
  if (outbox.length === 0) outboxSince = now
  append(outbox, slot)
  append(outbox, failed)
  append(outbox, value)
  append(moves, moved)
}

function post(answers: readonly unknown[], moved: readonly (ArrayBuffer | null)[]): void {
  const transfer: ArrayBuffer[] = []
  for (let i = 0; i < moved.length; i++) if (moved[i] !== null) append(transfer, moved[i]!)
  postMessage({ answers }, transfer)
}

/** Before they leave: once the pool has an answer, the slot and its words are the next task's. */
function markDone(answers: readonly unknown[]): void {
  sent = (sent + 1) & 0x3fffffff
  for (let i = 0; i < answers.length; i += THREAD_ANSWER) slots.done(answers[i] as number, -sent)
}

/** Some value cannot be cloned: its task fails with the reason, the others are sent without it. */
function sendOneByOne(answers: readonly unknown[], moved: readonly (ArrayBuffer | null)[]): void {
  for (let i = 0; i < answers.length; i += THREAD_ANSWER) {
    const one = part(answers, i, i + THREAD_ANSWER)
    markDone(one)
    try {
      post(one, [moved[i / THREAD_ANSWER]!])
    } catch (error) {
      post([one[0], 1, { unsendable: toText((error as Error).message) }], [])
    }
  }
}

function flush(): void {
  if (outbox.length === 0) return
  const answers = outbox
  const moved = moves
  outbox = []
  moves = []
  gathered = new OwnMap()
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
 * The buffer of a result that moves: all of it, and not twice. A view of a part is copied, so that nothing else leaves.
 */
function moving(slot: number, value: object): ArrayBuffer | null {
  if ((shape[slot]! & TRANSFER_RESULT) === 0) return null
  const buffer = isView(value) ? bufferOf(value) : value
  if (!(buffer instanceof ArrayBufferOf) || (isView(value) && lengthOf(value) < bufferLength(buffer))) return null
  return buffer
}

function isGone(buffer: ArrayBuffer): boolean {
  try {
    void new Uint8ArrayOf(buffer)
    return false
  } catch {
    return true
  }
}

function succeed(slot: number, value: unknown): void {
  const kind = values.write(slot * PRIMITIVES, value)
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
  let findings = inspect([value], gathered, held)
  if (findings.overlaps) {
    // Results in one message would be one object for the caller.
    const copy = buffer === null ? copyOf([value]) : null
    if (copy !== null) {
      answerByMessage(slot, 0, copy[0], null)
      return
    }
    flush()
    findings = inspect([value], (gathered = new OwnMap()), held)
  }
  answerByMessage(slot, 0, findings.partial ? withOwnBytes([value], held)[0] : value, buffer)
}

function fail(slot: number, answer: unknown): void {
  answerByMessage(slot, 1, answer, null)
}

/** Thrown in place of a run whose arguments did not arrive. */
const unreadable = {}

function failWith(slot: number, error: unknown): void {
  fail(slot, error === unreadable ? { unreadable: true } : encodeError(error))
}

// ---------------------------------------------------------------- running

function start(slot: number, scope: TaskScope | null): unknown {
  const form = shape[slot]!
  const id = call[slot]!
  if (!functions.has(id)) acceptWaiting()
  if ((form & MAY_TAKE_LONG) !== 0) flush()
  const args = argsOf(slot, form)
  if (args === null) throw unreadable
  const fn = functions.get(id)
  if (typeof fn !== 'function') return startLoaded(fn, scope, args)
  return args.length === 1 ? (fn(args[0]) as unknown) : (apply(fn, undefined, args) as unknown)
}

async function startLoaded(
  loading: PromiseLike<(...args: never[]) => unknown>,
  scope: TaskScope | null,
  args: unknown[],
): Promise<unknown> {
  const fn = await loading
  return await context.within(scope, () => apply(fn, undefined, args) as unknown)
}

function ended(slot: number, scope: TaskScope | null): void {
  now = clock()
  ranMs[slot] = now - startedAt[slot]!
  if (scope !== null) context.leave(scope)
  if (maxHeapUsed !== 0 && now - heapSeen > HEAP_MS) lookAtHeap()
}

function lookAtHeap(): void {
  heapSeen = now
  if (retired || getHeapStatistics().used_heap_size <= maxHeapUsed) return
  retired = true
  postMessage({ retire: true })
}

/** Runs a slot; true means that its task goes on, until its promise settles. */
function runSlot(slot: number): boolean {
  // Written before the claim, so that whoever sees RUNNING sees the time too.
  startedAt[slot] = now
  if (!slots.claim(slot)) {
    if ((shape[slot]! & BY_MESSAGE) !== 0) {
      if (inbox[slot] === undefined) acceptWaiting()
      inbox[slot] = undefined
    }
    finish(slot, SKIPPED)
    return false
  }
  const scope = (shape[slot]! & WATCHED) === 0 ? null : context.enter(() => load(abort, slot) === 1)
  let value: unknown
  let then: unknown
  try {
    value = scope === null && tasksPerWorker === 1 ? start(slot, null) : context.within(scope, () => start(slot, scope))
    then = typeof value === 'object' && value !== null ? (value as PromiseLike<unknown>).then : undefined
  } catch (error) {
    ended(slot, scope)
    failWith(slot, error)
    return false
  }
  if (typeof then !== 'function') {
    ended(slot, scope)
    succeed(slot, value)
    return false
  }
  active++
  void settle(slot, scope, value as PromiseLike<unknown>)
  return true
}

async function settle(slot: number, scope: TaskScope | null, promise: PromiseLike<unknown>): Promise<void> {
  flush()
  try {
    const value = await promise
    ended(slot, scope)
    succeed(slot, value)
  } catch (error) {
    ended(slot, scope)
    failWith(slot, error)
  }
  active--
  if (!running) drain()
}

// ---------------------------------------------------------------- waiting

let misses = 0
let rest = SHORTEST_REST
let restUntil = 0

/**
 * Looks for work for the time the pool allows before the thread sleeps. It pays while the next task comes within that
 * time and both threads have a core; where it does not, each look in vain delays what else the core could do.
 */
function spin(): boolean {
  const budget = load(control, SPIN)
  if (budget === 0) return false
  const begin = clock()
  if (begin < restUntil) return false
  const end = begin + budget / 1000
  let time: number
  do {
    // Sixty looks at the shared word cost about what one look at the clock does.
    for (let i = 0; i < 60; i++) {
      if (slots.empty()) continue
      misses = 0
      rest = SHORTEST_REST
      return true
    }
    time = clock()
  } while (time < end)
  if (++misses >= MISSES) {
    misses = 0
    restUntil = time + rest
    rest = 2 * rest < LONGEST_REST ? 2 * rest : LONGEST_REST
  }
  return false
}

function drain(): void {
  running = true
  now = clock()
  const sliceEnd = now + SLICE_MS
  for (;;) {
    if (active >= tasksPerWorker) {
      flush()
      break
    }
    if (slots.empty()) {
      flush()
      if (active === 0 && spin()) {
        now = clock()
        continue
      }
      if (slots.fallAsleep()) break
      continue
    }
    if (outbox.length !== 0 && now - outboxSince > BATCH_MS) flush()
    if (now > sliceEnd) {
      flush()
      immediately(drain)
      return
    }
    if (runSlot(slots.take())) now = clock()
  }
  running = false
}

function woken(): void {
  if (running) return
  slots.wakeUp()
  drain()
}

port.on(
  'message',
  listener((message: ToThread | number) => {
    accept(message)
    woken()
  }),
)
// It was the wake-up too.
port.on('messageerror', listener(woken))
// `process.exit` in a task: what was answered before still goes out.
process.on('exit', listener(flush))
sendOutput(name, unwritten, (stream, chunk, size) => {
  postMessage({ output: [stream, chunk, size] })
})
void initialize(
  functions,
  { initializer, preload },
  {
    ready: () => {
      postMessage({ ready: true })
    },
    failed: (error) => {
      postMessage({ initializerFailed: error })
    },
  },
)
