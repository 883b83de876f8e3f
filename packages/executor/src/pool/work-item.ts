/** One submitted call, from `submit` to its answer. */
import { CancelledError, TimeoutError } from '@loop/core'
import type { FunctionReference } from '../functions/reference.ts'
import type { TaskOptions } from '../options.ts'
import { follow } from './abort-signals.ts'

/** Hears how a task ends: the pool. */
export interface WorkItemOwner {
  /** It has its outcome, and gets no other. */
  settled(task: WorkItem, outcome: Outcome): void
  /** The task was settled while it was in the pool's queue, and is still there. */
  leftQueue(task: WorkItem): void
}

/** The worker that a task was handed to. */
export interface AssignedWorker {
  /** Takes the task back for good; true means that it never ran. */
  revoke(task: WorkItem): boolean
  /** The answer is not wanted any more. */
  abandon(task: WorkItem): void
  /** Asks the running task to stop. */
  interrupt(task: WorkItem): void
}

/** How a task ends. Each task has one outcome; the pool counts them by status. */
export interface Outcome {
  /** `lost` is what went down with a worker, or could not be run by a broken pool. */
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'lost'
  /** The result when it succeeded, else the error. */
  readonly value: unknown
}

/** The options of a task that gave none; shared, so that the common task allocates nothing for them. */
const NO_OPTIONS: TaskOptions = Object.freeze({})

let lastSequence = 0

export class WorkItem {
  /** Some argument is an AbortSignal. */
  private readonly signals: boolean
  /** Order of submission. */
  readonly sequence = ++lastSequence
  /** The answer was given: a value, an error or a cancellation. */
  settled = false
  /** The worker it was handed to; null while it waits in the queue. */
  worker: AssignedWorker | null = null
  /** Where the worker's channel keeps it. */
  slot = -1
  readonly options: TaskOptions
  /** What its worker is expected to spend on it, in milliseconds. */
  expectedMs = 0
  /** Its function was not known to be brief when it was handed over. */
  long = false
  /** What it moves has left with it; it cannot be sent again. */
  sent = false
  /** Its signal was aborted, though the answer is still awaited. */
  interrupted = false
  /** Carries the stack of `submit`, when it was taken. */
  caller: { stack?: string } | null = null
  /** The task of the same pool from inside of which it was submitted. */
  outer: WorkItem | null = null
  /** Removes the listener of `options.signal`. */
  private release: (() => void) | null = null
  private timer: ReturnType<typeof setTimeout> | null = null

  constructor(
    private readonly owner: WorkItemOwner,
    readonly fn: FunctionReference,
    readonly args: readonly unknown[],
    options: TaskOptions | undefined,
    /** Milliseconds on the shared monotonic clock. */
    readonly submittedAt: number,
    private readonly resolve: (value: unknown) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    this.options = options ?? NO_OPTIONS
    this.signals = hasSignal(args)
  }

  get priority(): number {
    return this.options.priority ?? 0
  }

  /** What people call it: its name, or that of its function. */
  get title(): string {
    return this.options.name ?? this.fn.name
  }

  /** Whether objects move to the worker with it. */
  get moves(): boolean {
    const { transfer } = this.options
    return transfer !== undefined && transfer.length > 0
  }

  /** Whether the worker must be able to say when it starts, and to be asked to stop. */
  get watched(): boolean {
    const { options } = this
    if (this.signals) return true
    return (
      options !== NO_OPTIONS &&
      (options.timeout !== undefined || options.signal !== undefined || options.cancelRunning === true)
    )
  }

  /**
   * Follows its signals until it is settled: an abort of `options.signal` ends the task, one of a signal among the
   * arguments only reaches the function, whose business it then is.
   */
  followSignals(): void {
    const { signal } = this.options
    if (signal === undefined && !this.signals) return
    if (signal !== undefined) {
      this.follow(signal, () => {
        this.stop(cancellation(signal.reason))
      })
    }
    for (const arg of this.args) {
      if (arg instanceof AbortSignal && arg !== signal) this.follow(arg, this.interrupt)
    }
  }

  private follow(signal: AbortSignal, onAbort: () => void): void {
    if (signal.aborted) {
      onAbort()
      return
    }
    const { release } = this
    const unfollow = follow(signal, onAbort)
    this.release = () => {
      release?.()
      unfollow()
    }
  }

  private readonly interrupt = (): void => {
    this.interrupted = true
    this.worker?.interrupt(this)
  }

  /**
   * Starts the time limit, which counts from the start of the run. The worker's start is read when the timer fires: a
   * task that still waits there is given the whole time again, one that started late the rest of it.
   */
  watchTime(startedAt: () => number | null, now: () => number): void {
    const { timeout } = this.options
    if (timeout === undefined || timeout === Infinity) return
    const arm = (ms: number): void => {
      // Timers take whole milliseconds up to 2^31 - 1; firing early only means to arm again.
      this.timer = setTimeout(check, Math.min(Math.ceil(ms), 2 ** 31 - 1))
    }
    const check = (): void => {
      const start = startedAt()
      const left = start === null ? timeout : timeout - (now() - start)
      if (left > 0) arm(left)
      else this.stop(new TimeoutError(`${this.title} ran longer than ${timeout} ms`))
    }
    arm(timeout)
  }

  /** It goes back to the queue; a limit that was armed for the worker it left no longer counts. */
  leaveWorker(): void {
    this.worker = null
    this.slot = -1
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }

  /** Python's `cancel`: true when the answer is a CancelledError from now on. */
  cancel(message?: string): boolean {
    if (this.settled) return false
    const { worker, options } = this
    const waiting = worker === null || worker.revoke(this)
    if (!waiting && options.cancelRunning !== true && options.kill !== true) return false
    this.stop(new CancelledError(message))
    return true
  }

  /** Whether both are tasks of one pool. */
  isOf(other: WorkItem): boolean {
    return this.owner === other.owner
  }

  /** Ends the task with an error if it has not started; false when it has. */
  stopWaiting(reason: Error): boolean {
    if (this.settled || (this.worker !== null && !this.worker.revoke(this))) return false
    this.stop(reason)
    return true
  }

  /** Ends the task with an error, whatever it is doing; what runs is asked to stop or, with `kill`, ended. */
  stop(reason: Error): void {
    if (this.settled) return
    const { worker } = this
    this.interrupted = true
    this.settle({ status: reason instanceof CancelledError ? 'cancelled' : 'failed', value: reason })
    if (worker === null) this.owner.leftQueue(this)
    else worker.abandon(this)
  }

  /** Gives the task its outcome; the first one counts. */
  settle(outcome: Outcome): void {
    if (this.settled) return
    this.settled = true
    this.release?.()
    if (this.timer !== null) clearTimeout(this.timer)
    this.owner.settled(this, outcome)
    if (outcome.status === 'succeeded') this.resolve(outcome.value)
    else this.reject(outcome.value)
  }
}

function hasSignal(args: readonly unknown[]): boolean {
  for (const arg of args) if (typeof arg === 'object' && arg instanceof AbortSignal) return true
  return false
}

/** The cancellation that an abort of a signal means. */
function cancellation(reason: unknown): CancelledError {
  const error = new CancelledError('the signal was aborted')
  if (reason !== undefined) error.cause = reason
  return error
}
