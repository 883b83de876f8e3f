/**
 * The program of a pool's process: runs the tasks of each message one after the other, and answers in batches.
 *
 * Before a task starts, its number is written to the progress file, so that the pool knows what a dead worker had
 * begun. Answers are gathered, but never longer than BATCH_MS and never across a task that may take long.
 *
 * The build bundles it into a text, which is the first message that a new process gets. Tasks run in the same realm, so
 * it calls nothing that they can replace (`intrinsics.ts`).
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import * as events from 'node:events'
import * as fs from 'node:fs'
import * as streams from 'node:stream'
import * as v8 from 'node:v8'
import { encodeError } from '../transfer/error-encoder.ts'
import { copyOf, inspect } from '../transfer/inspector.ts'
import { replacePlaceholders } from '../transfer/placeholders.ts'
import type { WorkerStart } from '../pool/pool-worker.ts'
import { keepReading, withOriginals } from './channel-guard.ts'
import { FunctionTable } from './function-table.ts'
import { initialize } from './initialize.ts'
import * as intrinsics from './intrinsics.ts'
import { append, apply, immediately, later, listener, part, toText, uncurryThis } from './intrinsics.ts'
import {
  FULL_BYTES,
  MAY_TAKE_LONG,
  MOST_BYTES,
  PLACEHOLDERS,
  PROCESS_ANSWER,
  WATCHED,
  type Envelope,
  type FromProcess,
  type ToProcess,
} from './messages.ts'
import { createMonotonicClock } from './monotonic.ts'
import { BATCH_MS, HEAP_MS, SLICE_MS } from './pace.ts'
import { TaskContext, type TaskScope } from './task-context.ts'

/** The progress file is the first descriptor after the three standard ones and the channel. */
const PROGRESS = 4
/** The stop word is a system call away: look at it at most this often, in milliseconds. */
const LOOK_MS = 0.5
/** How long, in milliseconds, output may take to leave when the program that reads it has gone. */
const GRACE_MS = 1000

interface Call {
  readonly number: number
  readonly fn: number
  readonly flags: number
  readonly args: unknown[]
}

const { OwnMap, PromiseOf } = intrinsics
const { readSync, writeSync } = fs
const { Writable } = streams
const once = uncurryThis(events.EventEmitter.prototype.once) as (
  stream: unknown,
  event: string,
  listener: () => void,
) => void
const write = uncurryThis(Writable.prototype.write) as unknown as (
  stream: unknown,
  chunk: string,
  written: () => void,
) => void
const { getHeapStatistics } = v8
const exit = process.exit.bind(process)
const sendMessage = process.send!.bind(process)
const clock = createMonotonicClock()
const functions = new FunctionTable()
let context = new TaskContext(null)
const counterparts = { signal: () => context.signal() }

let waiting: Call[] = []
let next = 0
let outbox: unknown[] = []
let outboxSince = 0
let outboxBytes = 0
/** The objects of the answers in the outbox. */
let gathered: Map<object, object> = new OwnMap()
let running = false
/** Tasks whose promises have not settled, and how many there may be. */
let active = 0
let tasksPerWorker = 1
let maxHeapUsed = 0
let heapSeen = -Infinity
let retired = false
let now = 0
const word = new Float64Array(1)

// ---------------------------------------------------------------- receiving

function accept(message: ToProcess): void {
  const { forget, definitions, calls } = message
  if (forget !== undefined) for (let i = 0; i < forget.length; i++) functions.forget(forget[i]!)
  if (definitions !== undefined) for (let i = 0; i < definitions.length; i++) functions.define(definitions[i]!)
  if (calls !== undefined) {
    for (let i = 0; i < calls.length;) {
      const from = i + 4
      const end = from + (calls[i + 3] as number)
      append(waiting, {
        number: calls[i] as number,
        fn: calls[i + 1] as number,
        flags: calls[i + 2] as number,
        args: part(calls, from, end),
      })
      i = end
    }
  }
  if (message.interrupt === true) context.check()
  if (message.close === true) void leave()
}

/** Ends this process once what tasks have printed is out: a pipe that is full takes it later. */
async function leave(): Promise<void> {
  flush()
  send({ leaving: true })
  await written(process.stdout)
  await written(process.stderr)
  exit(0)
}

/** A task may have put something of its own in place of a standard stream, or of its methods. */
function written(stream: unknown): Promise<void> {
  return new PromiseOf<void>((resolve) => {
    if (!(stream instanceof Writable)) {
      resolve()
      return
    }
    once(stream, 'error', resolve)
    write(stream, '', resolve)
  })
}

// ---------------------------------------------------------------- answering

function send(message: FromProcess): void {
  if (!process.connected) return
  withOriginals(() => {
    sendMessage({ '@loop/executor': message } satisfies Envelope)
  })
}

/** A value cannot be copied: its task fails with the reason, the others are sent without it. */
function sendOneByOne(answers: readonly unknown[]): void {
  for (let i = 0; i < answers.length; i += PROCESS_ANSWER) {
    const one = part(answers, i, i + PROCESS_ANSWER)
    try {
      send({ answers: one })
    } catch (error) {
      send({ answers: [one[0], 1, { unsendable: toText((error as Error).message) }, one[3], one[4]] })
    }
  }
}

function flush(): void {
  if (outbox.length === 0) return
  const answers = outbox
  outbox = []
  outboxBytes = 0
  gathered = new OwnMap()
  try {
    send({ answers })
  } catch {
    sendOneByOne(answers)
  }
}

function answer(call: Call, scope: TaskScope | null, failed: 0 | 1, value: unknown, startedAt: number): void {
  now = clock()
  const ranMs = now - startedAt
  if (scope !== null) context.leave(scope)
  if (maxHeapUsed !== 0 && now - heapSeen > HEAP_MS) lookAtHeap()
  if (outbox.length === 0) outboxSince = now
  append(outbox, call.number)
  append(outbox, failed)
  append(outbox, value)
  append(outbox, startedAt)
  append(outbox, ranMs)
}

function lookAtHeap(): void {
  heapSeen = now
  if (retired || getHeapStatistics().used_heap_size <= maxHeapUsed) return
  retired = true
  send({ retire: true })
}

function succeed(call: Call, scope: TaskScope | null, value: unknown, startedAt: number): void {
  let problem: string | null = null
  let result = value
  if (typeof value === 'object' || typeof value === 'string') {
    let own: unknown = value
    let findings = inspect([own], gathered, [])
    const copy = findings.overlaps ? copyOf([value]) : null
    if (copy !== null) findings = inspect([(own = copy[0])], gathered, [])
    // Results in one message would be one object for the caller.
    if (findings.overlaps || outboxBytes + findings.bytes > FULL_BYTES) {
      flush()
      gathered = new OwnMap()
      findings = inspect([own], gathered, [])
    }
    result = own
    outboxBytes += findings.bytes
    if (findings.shared)
      problem = 'it holds shared memory, which a process shares with no other; return a copy of the bytes'
    else if (findings.bytes > MOST_BYTES)
      problem = `it is larger than ${MOST_BYTES / 1e9} GB, the most that one message carries; return it in parts, or write it to a file`
  }
  if (problem === null) answer(call, scope, 0, result, startedAt)
  else answer(call, scope, 1, { unsendable: problem }, startedAt)
}

// ---------------------------------------------------------------- running

function askedToStop(number: number): () => boolean {
  let lookedAt = -Infinity
  let stopped = false
  return () => {
    const time = clock()
    if (!stopped && time - lookedAt > LOOK_MS) {
      lookedAt = time
      readSync(PROGRESS, word, 0, 8, 8)
      stopped = word[0] === number
    }
    return stopped
  }
}

function start(call: Call, scope: TaskScope | null): unknown {
  const { args } = call
  if ((call.flags & PLACEHOLDERS) !== 0) replacePlaceholders(args, counterparts)
  const fn = functions.get(call.fn)
  return typeof fn === 'function' ? (apply(fn, undefined, args) as unknown) : startLoaded(fn, scope, args)
}

async function startLoaded(
  loading: PromiseLike<(...args: never[]) => unknown>,
  scope: TaskScope | null,
  args: unknown[],
): Promise<unknown> {
  const fn = await loading
  return await context.within(scope, () => apply(fn, undefined, args) as unknown)
}

async function settle(
  call: Call,
  scope: TaskScope | null,
  promise: PromiseLike<unknown>,
  startedAt: number,
): Promise<void> {
  flush()
  try {
    succeed(call, scope, await promise, startedAt)
  } catch (error) {
    answer(call, scope, 1, encodeError(error), startedAt)
  }
  active--
  if (!running) drain()
}

/** Runs a call; true means that its task goes on, until its promise settles. */
function runCall(call: Call): boolean {
  word[0] = call.number
  writeSync(PROGRESS, word, 0, 8, 0)
  const startedAt = now
  let scope: TaskScope | null = null
  if ((call.flags & MAY_TAKE_LONG) !== 0) flush()
  if ((call.flags & WATCHED) !== 0) {
    scope = context.enter(askedToStop(call.number))
    send({ started: [call.number, now] })
  }
  let value: unknown
  let then: unknown
  try {
    value = context.within(scope, () => start(call, scope))
    then = typeof value === 'object' && value !== null ? (value as PromiseLike<unknown>).then : undefined
  } catch (error) {
    answer(call, scope, 1, encodeError(error), startedAt)
    return false
  }
  if (typeof then !== 'function') {
    succeed(call, scope, value, startedAt)
    return false
  }
  active++
  void settle(call, scope, value as PromiseLike<unknown>, startedAt)
  return true
}

function drain(): void {
  running = true
  now = clock()
  const sliceEnd = now + SLICE_MS
  while (next < waiting.length && active < tasksPerWorker) {
    if (outbox.length !== 0 && now - outboxSince > BATCH_MS) flush()
    if (now > sliceEnd) {
      flush()
      immediately(drain)
      return
    }
    if (runCall(waiting[next++]!)) now = clock()
  }
  if (next === waiting.length) {
    waiting = []
    next = 0
  }
  flush()
  running = false
}

function begin(settings: WorkerStart): void {
  tasksPerWorker = settings.tasksPerWorker
  maxHeapUsed = settings.maxHeapUsed
  if (tasksPerWorker > 1) context = new TaskContext(new AsyncLocalStorage())
  void initialize(functions, settings, {
    ready: () => {
      send({ ready: true })
    },
    failed: (error) => {
      send({ initializerFailed: error })
    },
  })
}

keepReading()
process.on(
  'message',
  listener((message: ToProcess) => {
    if (message.start !== undefined) {
      begin(message.start)
      return
    }
    accept(message)
    if (!running) drain()
  }),
)
process.on(
  'uncaughtExceptionMonitor',
  listener((error: unknown) => {
    send({ uncaught: encodeError(error) })
  }),
)
// `process.exit` in a task: what was answered before still goes out.
process.on('exit', listener(flush))
// The pool is gone.
process.on(
  'disconnect',
  listener(() => {
    later(() => exit(0), GRACE_MS)
    void leave()
  }),
)
