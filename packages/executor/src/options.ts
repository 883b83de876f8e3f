/** What can be asked of a pool and of one task, and the checks that turn bad input into a named error at the call. */
import type { ResourceLimits } from 'node:worker_threads'
import { type AnyFunction, type SubmitOptions } from '@loop/core'
import { describe } from '@loop/core/lowlevel'

/** Options of one task. */
export interface TaskOptions extends SubmitOptions {
  /**
   * Objects that move to the worker instead of being copied: `ArrayBuffer`, `MessagePort` and so on. Threads and inline
   * only.
   */
  readonly transfer?: readonly object[]
  /** The buffers of the result (an `ArrayBuffer` or a view of one) move back instead of being copied. Threads only. */
  readonly transferResult?: boolean
  /** Higher runs first; equal priorities run in order of submission. Default 0. */
  readonly priority?: number
  /**
   * Ends the worker when `timeout` passes, or when `signal` aborts, while the task runs; the worker is replaced and no
   * other task is lost. Default false: the function is asked to stop by its signal, and runs on if it does not look.
   */
  readonly kill?: boolean
  /**
   * What cancelling the submission means for work that already runs. Default false, as in Python: the work runs to its
   * end, and only work that still waits is removed. With true it is treated as an abort of `signal`.
   */
  readonly cancelRunning?: boolean
}

/** Options of `map`. */
export interface MapOptions extends Omit<TaskOptions, 'transfer'> {
  /** How many items travel as one task. Default 1; raise it for functions of a few microseconds. */
  readonly chunkSize?: number
}

/** How a pool is shut down. */
export interface ShutdownOptions {
  /** Resolve when the last task has ended and every worker is gone (default true), or at once. */
  readonly wait?: boolean
  /** Cancel the tasks that have not started. Default false: they run. */
  readonly cancelPending?: boolean
  /** Milliseconds after which what still runs is ended by force. Default: no limit. */
  readonly timeout?: number
}

/** Options that every executor takes. */
export interface ExecutorOptions {
  /** How many submitted tasks may wait; beyond it `submit` throws QueueLimitError. Default: no limit. */
  readonly queueLimit?: number
  /**
   * Whether an error from a worker also carries the stack of its `submit`. A stack costs a microsecond, more than the
   * whole dispatch of a small task, so the default `'auto'` takes it for eight submissions a millisecond at most.
   */
  readonly callerStack?: boolean | 'auto'
}

/** Options of the pools. */
export interface PoolOptions extends ExecutorOptions {
  /**
   * Most workers at a time. Default `min(32, availableParallelism + 4)` for threads, `availableParallelism` for
   * processes.
   */
  readonly maxWorkers?: number
  /** Workers started with the pool and kept when idle. Default 0. */
  readonly minWorkers?: number
  /** Milliseconds without work after which a worker beyond `minWorkers` ends. Default Infinity. */
  readonly idleTimeout?: number
  /** Workers are named `prefix-1`, `prefix-2` and so on. Default `'loop-thread'` or `'loop-process'`. */
  readonly namePrefix?: string
  /** Runs once in each worker before its first task, shipped like a task; when it fails, the pool is broken. */
  readonly initializer?: AnyFunction
  /** Arguments of `initializer`. */
  readonly initializerArgs?: readonly unknown[]
  /** A worker ends after this many tasks and is replaced. Default Infinity. */
  readonly maxTasksPerWorker?: number
  /**
   * How many asynchronous tasks may be under way in a worker at a time: one computes while others wait for a database
   * or the network. Default 1. A worker that dies takes all of them with it.
   */
  readonly tasksPerWorker?: number
  /**
   * MiB of a worker's heap beyond which it takes no more tasks, ends when it has answered those it has, and is
   * replaced. Looked at after tasks, garbage included. Default Infinity.
   */
  readonly maxHeapUsed?: number
  /**
   * Modules that each worker imports before its first task: addresses, or what `moduleTasks` gave. With `minWorkers`
   * and `await pool.ready()` nobody waits for them later. One that cannot be imported breaks the pool.
   */
  readonly preload?: readonly (string | URL | object)[]
  /**
   * Takes what tasks print, instead of this program's own output. A promise that it returns holds the worker back until
   * it settles.
   */
  readonly onOutput?: (output: WorkerOutput) => unknown
}

/** Something that a task printed. */
export interface WorkerOutput {
  /** Name of the worker. */
  readonly worker: string
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** Options of `ThreadPoolExecutor`. */
export interface ThreadPoolOptions extends PoolOptions {
  /** Memory limits of each worker's heap, in MiB, as `node:worker_threads` takes them. */
  readonly resourceLimits?: ResourceLimits
  /**
   * Whether both sides look for work for a moment before they sleep. It pays for streams of tasks of a few microseconds
   * while cores are free, costs CPU while such tasks flow and nothing when idle. Default false.
   */
  readonly spin?: boolean
}

/** Options of `ProcessPoolExecutor`. */
export interface ProcessPoolOptions extends PoolOptions {
  /** Command-line options of Node for the workers. Default: those of this process. */
  readonly execArgv?: readonly string[]
  /** Environment of the workers. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv
}

/** A whole number of at least `least`, or a TypeError or RangeError that names the option. */
export function checkCount(name: string, value: number | undefined, least: number): void {
  if (value === undefined || value === Infinity) return
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new TypeError(`${name} must be a whole number, got ${describe(value)}`)
  if (value < least) throw new RangeError(`${name} must be at least ${least}, got ${value}`)
}

/** A duration in milliseconds, or an error that names the option. */
export function checkDuration(name: string, value: number | undefined): void {
  if (value === undefined) return
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new TypeError(`${name} must be a number of milliseconds, got ${describe(value)}`)
  if (value < 0) throw new RangeError(`${name} must not be negative, got ${value}`)
}

/** Checks what every pool takes. */
export function checkPoolOptions(options: PoolOptions): void {
  checkCount('maxWorkers', options.maxWorkers, 1)
  checkCount('minWorkers', options.minWorkers, 0)
  checkCount('queueLimit', options.queueLimit, 0)
  checkCount('maxTasksPerWorker', options.maxTasksPerWorker, 1)
  checkCount('tasksPerWorker', options.tasksPerWorker, 1)
  checkCount('maxHeapUsed', options.maxHeapUsed, 1)
  checkDuration('idleTimeout', options.idleTimeout)
  if (options.initializer !== undefined && typeof options.initializer !== 'function') {
    throw new TypeError(`initializer must be a function, got ${typeof options.initializer}`)
  }
  if (options.preload !== undefined && !Array.isArray(options.preload)) {
    throw new TypeError(`preload must be an array of modules, got ${describe(options.preload)}`)
  }
  if (options.onOutput !== undefined && typeof options.onOutput !== 'function') {
    throw new TypeError(`onOutput must be a function, got ${typeof options.onOutput}`)
  }
}

/** Checks the options of one task. */
export function checkTaskOptions(options: TaskOptions): void {
  checkDuration('timeout', options.timeout)
  const { priority, transfer } = options
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
    throw new TypeError(`priority must be a number, got ${describe(priority)}`)
  }
  if (transfer !== undefined && !Array.isArray(transfer))
    throw new TypeError('transfer must be an array of transferable objects')
}
