/**
 * Long because it is one function on purpose: only a whole function can travel as source.
 *
 * The program of a pool's process: runs the tasks of each message one after the other, and answers in batches.
 *
 * Before a task starts, its number is written to the progress file, so that the pool knows what a dead worker had
 * begun. Answers are gathered, but never longer than BATCH_MS and never across a task that may take long.
 *
 * The function is self-contained: its source travels to the worker, together with the parts it is given.
 */
import type { createErrorEncoder } from '../worker/error-codec.ts'
import type { createFunctionTable, Definition, ImportModule } from '../worker/function-table.ts'
import type { createInspector } from '../worker/inspector.ts'
import type { createMonotonicClock } from '../worker/monotonic.ts'
import type { createStandInReplacer } from '../worker/stand-ins.ts'
import type { createTaskContext, TaskScope } from '../worker/task-context.ts'
import type { WorkerStart } from '../pool-worker.ts'

/** The parts whose sources travel with `processWorker`. */
export interface ProcessWorkerParts {
  readonly createErrorEncoder: typeof createErrorEncoder
  readonly createFunctionTable: typeof createFunctionTable
  readonly createMonotonicClock: typeof createMonotonicClock
  readonly createTaskContext: typeof createTaskContext
  readonly createStandInReplacer: typeof createStandInReplacer
  readonly createInspector: typeof createInspector
}

/** From the pool to the worker. */
export interface ToProcess {
  readonly start?: WorkerStart
  readonly definitions?: readonly Definition[]
  /** Functions that it need not keep. */
  readonly forget?: readonly number[]
  /** Flat: number of the task, function, flags, number of arguments, the arguments, and so on. */
  readonly calls?: readonly unknown[]
  /** Look whether the running task is asked to stop. */
  readonly interrupt?: true
  readonly close?: true
}

/** From the worker to the pool. */
export interface FromProcess {
  /** Flat: number of the task, 0 for a value or 1 for an encoded error, that, start, duration, and so on. */
  readonly answers?: readonly unknown[]
  /** A watched task has started: its number and the time. */
  readonly started?: readonly [number, number]
  readonly ready?: true
  /** Its heap is larger than the pool allows. */
  readonly retire?: true
  readonly initializerFailed?: unknown
  /** What ends it: an error that nothing caught. */
  readonly uncaught?: unknown
}

/** How a message to the pool is told from what a task sends with `process.send`. */
export interface Envelope {
  readonly '@loop/executor': FromProcess
}

export function processWorker(parts: ProcessWorkerParts, require: NodeJS.Require, importModule: ImportModule): void {
  const { readSync, writeSync } = require('node:fs') as typeof import('node:fs')
  const clock = parts.createMonotonicClock()
  const inspector = parts.createInspector()
  const encode = parts.createErrorEncoder(inspector)
  const functions = parts.createFunctionTable(require, importModule)
  let context = parts.createTaskContext(null)
  const replaceStandIns = parts.createStandInReplacer({ signal: () => context.signal() })

  /** The progress file is the first descriptor after the three standard ones and the channel. */
  const PROGRESS = 4
  /** Oldest answer that may wait for company before it is sent, in milliseconds. */
  const BATCH_MS = 0.05
  /** Longest stretch of tasks before this process's event loop gets a look. */
  const SLICE_MS = 4
  /** The stop word is a system call away: look at it at most this often, in milliseconds. */
  const LOOK_MS = 0.5
  /** How often the heap is looked at, in milliseconds; a look takes some microseconds. */
  const HEAP_MS = 20
  /** Node's channel cannot carry a message of 2 GiB; this leaves room for what the estimate misses. */
  const MOST_BYTES = 2_000_000_000
  /** Answers of this size together go out, so that their sum never gets there. */
  const FULL_BYTES = 1 << 24
  /** How long, in milliseconds, output may take to leave when the program that reads it has gone. */
  const GRACE_MS = 1000
  // Flags of a call.
  const MAY_TAKE_LONG = 1
  const WATCHED = 2
  const STAND_INS = 4
  /** Values of an answer. */
  const ANSWER = 5

  interface Call {
    readonly number: number
    readonly fn: number
    readonly flags: number
    readonly args: unknown[]
  }

  let waiting: Call[] = []
  let next = 0
  let outbox: unknown[] = []
  let outboxSince = 0
  let outboxBytes = 0
  /** The objects of the answers in the outbox. */
  let gathered: Map<object, object> = new Map()
  let running = false
  /** Tasks whose promises have not settled, and how many there may be. */
  let active = 0
  let tasksPerWorker = 1
  let maxHeapUsed = 0
  let heapSeen = -Infinity
  let retired = false
  let now = 0
  const word = new Float64Array(1)

  const send = (message: FromProcess): void => {
    if (process.connected) process.send!({ '@loop/executor': message } satisfies Envelope)
  }

  const accept = (message: ToProcess): void => {
    if (message.forget !== undefined) for (const id of message.forget) functions.forget(id)
    if (message.definitions !== undefined) for (const each of message.definitions) functions.define(each)
    const { calls } = message
    if (calls !== undefined) {
      for (let i = 0; i < calls.length;) {
        const from = i + 4
        const end = from + (calls[i + 3] as number)
        waiting.push({
          number: calls[i] as number,
          fn: calls[i + 1] as number,
          flags: calls[i + 2] as number,
          args: calls.slice(from, end),
        })
        i = end
      }
    }
    if (message.interrupt === true) context.check()
    if (message.close === true) void leave()
  }

  /** A value cannot be copied: its task fails with the reason, the others are sent without it. */
  const sendOneByOne = (answers: readonly unknown[]): void => {
    for (let i = 0; i < answers.length; i += ANSWER) {
      const one = answers.slice(i, i + ANSWER)
      try {
        send({ answers: one })
      } catch (error) {
        send({ answers: [one[0], 1, { unsendable: String((error as Error).message) }, one[3], one[4]] })
      }
    }
  }

  const flush = (): void => {
    if (outbox.length === 0) return
    const answers = outbox
    outbox = []
    outboxBytes = 0
    gathered = new Map()
    try {
      send({ answers })
    } catch {
      sendOneByOne(answers)
    }
  }

  /** Ends this process once what tasks have printed is out: a pipe that is full takes it later. */
  const leave = async (): Promise<void> => {
    flush()
    for (const stream of [process.stdout, process.stderr]) {
      await new Promise<void>((resolve) => {
        stream.once('error', () => {
          resolve()
        })
        stream.write('', () => {
          resolve()
        })
      })
    }
    process.exit(0)
  }

  const answer = (call: Call, scope: TaskScope | null, failed: 0 | 1, value: unknown, startedAt: number): void => {
    now = clock()
    const ranMs = now - startedAt
    if (scope !== null) context.leave(scope)
    if (maxHeapUsed !== 0 && now - heapSeen > HEAP_MS) lookAtHeap()
    if (outbox.length === 0) outboxSince = now
    outbox.push(call.number, failed, value, startedAt, ranMs)
  }

  const lookAtHeap = (): void => {
    heapSeen = now
    if (retired || (require('node:v8') as typeof import('node:v8')).getHeapStatistics().used_heap_size <= maxHeapUsed)
      return
    retired = true
    send({ retire: true })
  }

  const succeed = (call: Call, scope: TaskScope | null, value: unknown, startedAt: number): void => {
    let problem: string | null = null
    let result = value
    if (typeof value === 'object' || typeof value === 'string') {
      let own: unknown = value
      let findings = inspector.inspect([own], gathered, [])
      const copy = findings.overlaps ? inspector.copyOf([value]) : null
      if (copy !== null) findings = inspector.inspect([(own = copy[0])], gathered, [])
      // Results in one message would be one object for the caller.
      if (findings.overlaps || outboxBytes + findings.bytes > FULL_BYTES) {
        flush()
        gathered = new Map()
        findings = inspector.inspect([own], gathered, [])
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

  const askedToStop = (number: number): (() => boolean) => {
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

  const start = (call: Call, scope: TaskScope | null): unknown => {
    const { args } = call
    if ((call.flags & STAND_INS) !== 0) replaceStandIns(args)
    const fn = functions.get(call.fn)
    return typeof fn === 'function'
      ? (fn(...args) as unknown)
      : fn.then((loaded) => context.within(scope, () => loaded(...args) as unknown))
  }

  const settle = async (
    call: Call,
    scope: TaskScope | null,
    promise: PromiseLike<unknown>,
    startedAt: number,
  ): Promise<void> => {
    flush()
    try {
      succeed(call, scope, await promise, startedAt)
    } catch (error) {
      answer(call, scope, 1, encode(error), startedAt)
    }
  }

  const runCall = (call: Call): Promise<void> | null => {
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
      answer(call, scope, 1, encode(error), startedAt)
      return null
    }
    if (typeof then === 'function') return settle(call, scope, value as PromiseLike<unknown>, startedAt)
    succeed(call, scope, value, startedAt)
    return null
  }

  const drain = (): void => {
    running = true
    now = clock()
    const sliceEnd = now + SLICE_MS
    while (next < waiting.length && active < tasksPerWorker) {
      if (outbox.length !== 0 && now - outboxSince > BATCH_MS) flush()
      if (now > sliceEnd) {
        flush()
        setImmediate(drain)
        return
      }
      const pending = runCall(waiting[next++]!)
      if (pending === null) continue
      active++
      void pending.then(goOn)
      now = clock()
    }
    if (next === waiting.length) {
      waiting = []
      next = 0
    }
    flush()
    running = false
  }

  const goOn = (): void => {
    active--
    if (!running) drain()
  }

  const initialize = async ({ initializer, preload }: WorkerStart): Promise<void> => {
    for (const url of preload) await functions.load(url)
    if (initializer === null) return
    functions.define(initializer.definition)
    const fn = await functions.get(initializer.definition.id)
    await (fn(...initializer.args) as unknown)
  }

  const begin = (settings: WorkerStart): void => {
    tasksPerWorker = settings.tasksPerWorker
    maxHeapUsed = settings.maxHeapUsed
    const { AsyncLocalStorage } = require('node:async_hooks') as typeof import('node:async_hooks')
    if (tasksPerWorker > 1) context = parts.createTaskContext(new AsyncLocalStorage())
    initialize(settings).then(
      () => {
        send({ ready: true })
      },
      (error: unknown) => {
        send({ initializerFailed: encode(error) })
      },
    )
  }

  process.on('message', (message: ToProcess) => {
    if (message.start !== undefined) {
      begin(message.start)
      return
    }
    accept(message)
    if (!running) drain()
  })
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    send({ uncaught: encode(error) })
  })
  // `process.exit` in a task: what was answered before still goes out.
  process.on('exit', flush)
  // The pool is gone.
  process.on('disconnect', () => {
    setTimeout(() => process.exit(0), GRACE_MS)
    void leave()
  })
}
