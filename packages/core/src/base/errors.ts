import { types } from 'node:util'

/**
 * Every error that core raises. Cancellation has its own root, so that `catch (e) { if (e instanceof LoopError) … }`
 * lets it pass.
 */

/** Root of the errors below, cancellation excepted. */
export class LoopError extends Error {
  static {
    this.prototype.name = 'LoopError'
  }
}

/**
 * The operation was cancelled. Thrown into a task at the point where it waits; catch it only to clean up, and throw it
 * on. Its message is that of `cancel`, or says who asked. Its stack is that of the wait.
 */
export class CancelledError extends Error {
  static {
    this.prototype.name = 'CancelledError'
  }

  #traced = false

  /** Never throws: anything can be thrown, and a revoked proxy has no prototype to ask for. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null || !(#traced in value)) return false
    return this === CancelledError || Function.prototype[Symbol.hasInstance].call(this, value)
  }

  constructor(message?: string) {
    const { stackTraceLimit } = Error
    setLimit(0)
    super(message)
    setLimit(stackTraceLimit)
  }

  /**
   * @internal Gives a cancellation the stack of the place where it is thrown, without `below` and what it called. Made
   * inside the loop, it has none: it is made often, and a stack costs five times the rest.
   */
  static trace(error: unknown, below: unknown): void {
    if (typeof error !== 'object' || error === null || !(#traced in error) || error.#traced) return
    error.#traced = true
    ;(Error as { captureStackTrace?: (on: object, below: unknown) => void }).captureStackTrace?.(error, below)
  }
}

function setLimit(limit: number): void {
  try {
    Error.stackTraceLimit = limit
  } catch {
    // Frozen, under --frozen-intrinsics: then it has the stack of the loop.
  }
}

/**
 * The cancellation in what was thrown, or null. Two cancellations in one are one: clean-up that is cancelled, too,
 * makes a SuppressedError of both (`await using`), and `Promise.any` an AggregateError of all. So is the AbortError of
 * a function of Node that was given a task's signal: its cause is the cancellation.
 */
export function isCancellation(thrown: unknown): CancelledError | null {
  try {
    return thrown instanceof CancelledError ? thrown : cancellationIn(thrown)
  } catch {
    // A proxy or a getter that throws: nothing that the loop has made.
    return null
  }
}

function cancellationIn(thrown: unknown): CancelledError | null {
  let found: CancelledError | null = null
  const left: unknown[] = [thrown]
  for (let looked = 0; looked < left.length; looked++) {
    const one = left[looked]
    if (one instanceof CancelledError) found ??= one
    else if (isAbortError(one)) left.splice(looked + 1, 0, one.cause)
    else if (!isCombined(one) || looked > MOST_COMBINED) return null
    else left.splice(looked + 1, 0, ...partsOf(one))
  }
  return found
}

/** More errors in one than this are not looked through. */
const MOST_COMBINED = 1000

interface Combined extends Error {
  readonly error?: unknown
  readonly suppressed?: unknown
  readonly errors?: readonly unknown[]
}

/** Whether it is what functions of Node throw when a signal aborts. */
function isAbortError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) && thrown.name === 'AbortError' && thrown.cause !== undefined
}

function isCombined(thrown: unknown): thrown is Combined {
  return types.isNativeError(thrown) && (thrown.name === 'SuppressedError' || thrown instanceof AggregateError)
}

function partsOf(combined: Combined): readonly unknown[] {
  if (!(combined instanceof AggregateError)) return [combined.error, combined.suppressed]
  return combined.errors.length > 0 && combined.errors.length <= MOST_COMBINED ? combined.errors : [combined.message]
}

/**
 * The object is not in a state that allows the call: a future already done, a loop already running, a task awaiting
 * itself.
 */
export class InvalidStateError extends LoopError {
  static {
    this.prototype.name = 'InvalidStateError'
  }
}

/** A deadline passed. */
export class TimeoutError extends LoopError {
  static {
    this.prototype.name = 'TimeoutError'
  }
}

/** The loop was closed; nothing can be scheduled on it any more. */
export class LoopClosedError extends LoopError {
  static {
    this.prototype.name = 'LoopClosedError'
  }
}

/** The loop, its selector or another part cannot do this; the message names what can. */
export class NotSupportedError extends LoopError {
  static {
    this.prototype.name = 'NotSupportedError'
  }
}
