/**
 * The program of a pool's process: runs the tasks of each message one after the other, and answers in batches.
 *
 * Before a task starts, its number is written to the progress file, so that the pool knows what a dead worker had begun.
 * Answers are gathered, but never longer than BATCH_MS and never across a task that may take long.
 *
 * The function is self-contained: its source travels to the worker, together with the parts it is given.
 */
import type { createErrorEncoder } from '../worker/error-codec.ts'
import type { createFunctionTable, Definition, ImportModule } from '../worker/function-table.ts'
import type { createMonotonicClock } from '../worker/monotonic.ts'
import type { createStandInReplacer } from '../worker/stand-ins.ts'
import type { createTaskContext } from '../worker/task-context.ts'

/** The parts whose sources travel with `processWorker`. */
export interface ProcessWorkerParts {
  readonly createErrorEncoder: typeof createErrorEncoder
  readonly createFunctionTable: typeof createFunctionTable
  readonly createMonotonicClock: typeof createMonotonicClock
  readonly createTaskContext: typeof createTaskContext
  readonly createStandInReplacer: typeof createStandInReplacer
}

/** From the pool to the worker. */
export interface ToProcess {
  readonly initialize?: { readonly definition: Definition; readonly args: readonly unknown[] } | null
  readonly definitions?: readonly Definition[]
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
  readonly initializerFailed?: unknown
}

export function processWorker(parts: ProcessWorkerParts, require: NodeJS.Require, importModule: ImportModule): void {
  const { readSync, writeSync } = require('node:fs') as typeof import('node:fs')
  const clock = parts.createMonotonicClock()
  const encode = parts.createErrorEncoder()
  const functions = parts.createFunctionTable(require, importModule)
  const context = parts.createTaskContext()
  const replaceStandIns = parts.createStandInReplacer({ signal: () => context.signal() })

  /** The progress file is the first descriptor after the three standard ones and the channel. */
  const PROGRESS = 4
  /** Oldest answer that may wait for company before it is sent, in milliseconds. */
  const BATCH_MS = 0.05
  /** Longest stretch of tasks before this process's event loop gets a look. */
  const SLICE_MS = 4
  /** The stop word is a system call away: look at it at most this often, in milliseconds. */
  const LOOK_MS = 0.5
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
  let running = false
  let now = 0
  const word = new Float64Array(1)

  const send = (message: FromProcess): void => {
    if (process.connected) process.send!(message)
  }

  const accept = (message: ToProcess): void => {
    if (message.definitions !== undefined) for (const each of message.definitions) functions.define(each)
    const { calls } = message
    if (calls !== undefined) {
      for (let i = 0; i < calls.length; ) {
        const from = i + 4
        const end = from + (calls[i + 3] as number)
        waiting.push({ number: calls[i] as number, fn: calls[i + 1] as number, flags: calls[i + 2] as number, args: calls.slice(from, end) })
        i = end
      }
    }
    if (message.interrupt === true) context.check()
    if (message.close === true) process.exit(0)
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
    try {
      send({ answers })
    } catch {
      sendOneByOne(answers)
    }
  }

  const answer = (call: Call, failed: 0 | 1, value: unknown, startedAt: number): void => {
    now = clock()
    if ((call.flags & WATCHED) !== 0) context.leave()
    if (outbox.length === 0) outboxSince = now
    outbox.push(call.number, failed, value, startedAt, now - startedAt)
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

  const start = (call: Call): unknown => {
    const { flags, args, number } = call
    if ((flags & MAY_TAKE_LONG) !== 0) flush()
    if ((flags & WATCHED) !== 0) {
      context.enter(askedToStop(number))
      send({ started: [number, now] })
    }
    if ((flags & STAND_INS) !== 0) replaceStandIns(args)
    const fn = functions.get(call.fn)
    return typeof fn === 'function' ? (fn(...args) as unknown) : fn.then((loaded) => loaded(...args) as unknown)
  }

  const settle = async (call: Call, promise: PromiseLike<unknown>, startedAt: number): Promise<void> => {
    flush()
    try {
      answer(call, 0, await promise, startedAt)
    } catch (error) {
      answer(call, 1, encode(error), startedAt)
    }
  }

  const runCall = (call: Call): Promise<void> | null => {
    word[0] = call.number
    writeSync(PROGRESS, word, 0, 8, 0)
    const startedAt = now
    let value: unknown
    try {
      value = start(call)
    } catch (error) {
      answer(call, 1, encode(error), startedAt)
      return null
    }
    if (typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function') {
      return settle(call, value as PromiseLike<unknown>, startedAt)
    }
    answer(call, 0, value, startedAt)
    return null
  }

  const drain = (): void => {
    running = true
    now = clock()
    const sliceEnd = now + SLICE_MS
    while (next < waiting.length) {
      if (outbox.length !== 0 && now - outboxSince > BATCH_MS) flush()
      if (now > sliceEnd) {
        flush()
        setImmediate(drain)
        return
      }
      const pending = runCall(waiting[next++]!)
      if (pending !== null) {
        void pending.then(drain)
        return
      }
    }
    waiting = []
    next = 0
    flush()
    running = false
  }

  const initialize = async (initializer: ToProcess['initialize']): Promise<void> => {
    if (initializer == null) return
    functions.define(initializer.definition)
    const fn = await functions.get(initializer.definition.id)
    await (fn(...initializer.args) as unknown)
  }

  process.on('message', (message: ToProcess) => {
    if (message.initialize !== undefined) {
      initialize(message.initialize).then(
        () => {
          send({ ready: true })
        },
        (error: unknown) => {
          send({ initializerFailed: encode(error) })
        },
      )
      return
    }
    accept(message)
    if (!running) drain()
  })
  // `process.exit` in a task: what was answered before still goes out.
  process.on('exit', flush)
  // The pool is gone.
  process.on('disconnect', () => process.exit(0))
}
