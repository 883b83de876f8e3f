import type { InspectOptions } from 'node:util'
import type { CoroutineFunction } from './awaitable.ts'
import { CancelledError, InvalidStateError } from './errors.ts'
import { Future } from './future.ts'
import { nameOf } from './handle.ts'
import { INSPECT, type Inspect } from './inspection.ts'
import { Scope } from './scope.ts'
import type { Cancellable, LoopState, TaskLike } from './state.ts'

let created = 0

/**
 * The side of a task that others see: its name, what it waits for, and how a request to cancel it gets there.
 *
 * A request goes to what the task waits for, which ends cancelled and so wakes the task with CancelledError. When the task
 * waits for nothing that can be cancelled, the request is kept and thrown into the task at its next step.
 */
export abstract class CancellableTask<T> extends Future<T> implements TaskLike {
  /** @internal */
  isGenerator = false
  private name: string | number
  /** What it can be reached through by `cancel`; almost always one thing. */
  private waiting: Cancellable | null = null
  private alsoWaiting: Set<Cancellable> | null = null
  /** A request to cancel is kept until the task's next step. */
  protected mustCancel = false
  /** @internal The message of the last cancellation that had to wait for a step. */
  cancelMessage: string | undefined = undefined
  private requests = 0
  /** Requests ever made, so that what was meant for one does not meet the next. */
  protected asked = 0
  private passingOn = false
  private controller: AbortController | null = null
  private stopListening: (() => void) | null = null

  constructor(state: LoopState, name: string | undefined) {
    super(state)
    this.name = name ?? ++created
  }

  /** Its coroutine function. */
  abstract readonly coroutine: CoroutineFunction<T>

  /** Prints `Task(Task-1, work, pending)`: its name, its coroutine function, and what has become of it. */
  override [INSPECT](_depth: number, options: InspectOptions, inspect: Inspect): string {
    return `Task(${this.getName()}, ${nameOf(this.coroutine)}, ${this.describe(options, inspect)})`
  }

  /** Its name. */
  getName(): string {
    return typeof this.name === 'string' ? this.name : `Task-${this.name}`
  }

  /** Gives it another name. */
  setName(name: string): void {
    this.name = name
  }

  /**
   * Asks it to end: CancelledError is thrown where it waits. It may clean up, and may even decline by catching the error.
   * True unless it was already done. The message goes into the CancelledError.
   * Throws InvalidStateError when tasks wait for each other in a circle: no error thrown anywhere would reach them.
   */
  override cancel(message?: string): boolean {
    if (this.done()) return false
    this.requests++
    this.asked++
    this.controller?.abort(new CancelledError(message))
    if (this.cancelAwaited(message)) return true
    this.mustCancel = true
    this.cancelMessage = message
    // What it waits for, if anything, is done and will wake it.
    if (this.idle()) this.interrupt()
    return true
  }

  /** How many requests to cancel it has received, less those withdrawn by `uncancel`. */
  cancelling(): number {
    const place = this.state.currentPlace()
    if (place?.task === (this as unknown)) return (place as unknown as TaskLike).requested()
    let sum = this.requests
    for (const awaited of this.waits()) if (awaited instanceof Scope) sum += awaited.requestsInside()
    return sum
  }

  /** @internal */
  get task(): TaskLike {
    return this
  }

  /** @internal */
  requested(): number {
    return this.requests
  }

  /** @internal */
  renew(): void {
    if (this.requests === 0) return
    this.mustCancel = true
    this.cancelMessage = undefined
  }

  /** @internal */
  withdraw(): void {
    if (this.requests === 0) return
    this.requests--
    if (this.requests > 0) return
    this.mustCancel = false
    if (this.controller?.signal.aborted === true) this.controller = null
  }

  /** Withdraws one request to cancel, and says how many remain; for code that caught a CancelledError it had caused itself. */
  uncancel(): number {
    const place = this.state.currentPlace()
    if (place?.task === (this as unknown)) (place as unknown as TaskLike).withdraw()
    else this.withdraw()
    return this.cancelling()
  }

  /** Aborted as soon as `cancel` is called: for APIs that take an AbortSignal. */
  get signal(): AbortSignal {
    const place = this.state.currentPlace()
    if (place instanceof Scope && place.task === (this as unknown)) return place.signal
    if (this.controller === null) {
      this.controller = new AbortController()
      if (this.requests > 0 || this.cancelled()) this.controller.abort(new CancelledError(this.cancelMessage))
    }
    return this.controller.signal
  }

  /** Tasks end by their coroutine; throws InvalidStateError. */
  override setResult(_value: T): void {
    throw new InvalidStateError('a task ends by its coroutine; setResult is for plain futures')
  }

  /** Tasks end by their coroutine; throws InvalidStateError. */
  override setException(_exception: unknown): void {
    throw new InvalidStateError('a task ends by its coroutine; setException is for plain futures')
  }

  /** The futures and tasks it waits for now; for people and tools. */
  awaiting(): readonly Cancellable[] {
    return this.waits().flatMap((awaited) => (awaited instanceof Scope ? [...awaited.inside()] : [awaited]))
  }

  /** Whether it waits for nothing that a request could reach, or that will wake it. */
  protected idle(): boolean {
    return this.waits().every((awaited) => awaited instanceof Scope && awaited.idle())
  }

  /** Whether `cutOff` would find something. */
  protected canCut(): boolean {
    return this.waits().some((awaited) => awaited instanceof Scope && awaited.canCut())
  }

  /** Ends the foreign waits in its scopes; false when there is none. */
  protected cutOff(reason: Error): boolean {
    let some = false
    for (const awaited of this.waits()) if (awaited instanceof Scope) some = awaited.cutOff(reason) || some
    return some
  }

  private waits(): readonly Cancellable[] {
    return [...(this.waiting === null ? [] : [this.waiting]), ...(this.alsoWaiting ?? [])]
  }

  /** @internal */
  startWaiting(awaited: Cancellable): void {
    if (this.waiting === null) this.waiting = awaited
    else if (this.waiting !== awaited) (this.alsoWaiting ??= new Set()).add(awaited)
    this.deliverRequest(awaited)
  }

  /** @internal */
  deliverRequest(awaited: Cancellable): void {
    if (this.mustCancel && awaited.cancel(this.cancelMessage)) this.mustCancel = false
  }

  /** @internal */
  takeRequest(): CancelledError | null {
    return this.takeCancellation()
  }

  /** @internal */
  stopWaiting(awaited: Cancellable): CancelledError | null {
    this.forget(awaited)
    return this.takeCancellation()
  }

  /** @internal Drops a cancellation that was asked for and not thrown yet. */
  dropCancellation(): void {
    this.mustCancel = false
  }

  protected override describeUnseen(): string {
    return `Task exception was never retrieved: ${this.getName()}`
  }

  /** Called when a request to cancel found nothing to cancel. */
  protected abstract interrupt(): void

  /** Cancels the task when `signal` aborts. */
  protected cancelOn(signal: AbortSignal): void {
    const abort = (): void => {
      this.cancel(signal.reason instanceof Error ? signal.reason.message : undefined)
    }
    if (signal.aborted) {
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    this.stopListening = () => {
      signal.removeEventListener('abort', abort)
    }
  }

  /** @internal */
  forget(awaited: Cancellable): void {
    if (this.waiting === awaited) this.waiting = null
    else this.alsoWaiting?.delete(awaited)
  }

  protected takeCancellation(): CancelledError | null {
    if (!this.mustCancel) return null
    this.mustCancel = false
    return new CancelledError(this.cancelMessage)
  }

  /** Ends the task with its coroutine's result, or as cancelled if it ended before a kept request was thrown. */
  protected endWith(value: T): void {
    this.endListening()
    if (this.mustCancel) {
      this.mustCancel = false
      super.cancel(this.cancelMessage)
    } else {
      super.setResult(value)
    }
  }

  /** Ends the task with what its coroutine threw. */
  protected endBy(error: unknown): void {
    this.endListening()
    if (error instanceof CancelledError) super.cancel(error.message === '' ? undefined : error.message)
    else super.setException(error)
  }

  private cancelAwaited(message: string | undefined): boolean {
    if (this.waiting === null && (this.alsoWaiting === null || this.alsoWaiting.size === 0)) return false
    if (this.passingOn) {
      throw new InvalidStateError(`tasks wait for each other in a circle through ${this.getName()}; none can be cancelled`)
    }
    this.passingOn = true
    try {
      let cancelled = this.waiting?.cancel(message) ?? false
      if (this.alsoWaiting !== null) for (const awaited of this.alsoWaiting) cancelled = awaited.cancel(message) || cancelled
      return cancelled
    } finally {
      this.passingOn = false
    }
  }

  private endListening(): void {
    this.stopListening?.()
    this.stopListening = null
  }
}
