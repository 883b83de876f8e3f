import type { InspectOptions } from 'node:util'
import { nameOf } from '../base/describe.ts'
import { CancelledError, InvalidStateError, isCancellation } from '../base/errors.ts'
import { type Inspect, INSPECT } from '../base/inspection.ts'
import { listen } from '../base/signal-listeners.ts'
import { requestMessage } from '../turn/cancel-message.ts'
import type { LoopState } from '../turn/loop-state.ts'
import type { Cancellable, ScopeTask } from '../turn/scope.ts'
import { Scope } from '../turn/scope.ts'
import type { CoroutineFunction } from './awaitable.ts'
import { Future } from './future.ts'

let created = 0

/**
 * The side of a task that others see: its name, what it waits for, and how it is asked to end. The way of a request to
 * what the task waits for is that of its {@link Scope}.
 */
export abstract class CancellableTask<T> extends Future<T> implements ScopeTask {
  /** @internal */
  isGenerator = false
  /** @internal Where its code runs, unless that opened a scope of its own. */
  readonly root: Scope
  private name: string | number
  private passingOn = false
  /** The message of the last request that was kept. */
  private lastMessage: string | undefined = undefined
  private stopListening: (() => void) | null = null

  constructor(state: LoopState, name: string | undefined) {
    super(state)
    this.name = name ?? ++created
    this.root = new Scope(state, this, null)
  }

  /** Its coroutine function. */
  abstract readonly coroutine: CoroutineFunction<T>;

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
   * Asks it to end: CancelledError is thrown where it waits. It may clean up, and may even decline by catching the
   * error. When it waits only for a promise that the loop knows nothing of, it ends at once, and its code gets
   * CancelledError when it next waits for the loop. True unless it was already done. The message goes into the
   * CancelledError; without one it says who asked.
   * Throws InvalidStateError when tasks wait for each other in a circle: no error thrown anywhere would reach them.
   */
  override cancel(message?: string): boolean {
    if (this.done()) return false
    if (this.passingOn) {
      throw new InvalidStateError(
        `tasks wait for each other in a circle through ${this.getName()}; none can be cancelled`,
      )
    }
    const text = requestMessage(message)
    this.passingOn = true
    try {
      this.root.request(text)
    } finally {
      this.passingOn = false
    }
    if (this.root.hasKept) this.lastMessage = text
    return true
  }

  /**
   * How many requests to cancel it has received, less those withdrawn by `uncancel`; requests of timeouts and groups
   * around the calling code included.
   */
  cancelling(): number {
    const scope = this.state.currentScope()
    return scope?.task === this ? scope.requested() : this.root.requestedInside()
  }

  /**
   * Withdraws one request to cancel, and says how many remain; for code that caught a CancelledError it had caused
   * itself. When none remains, a request that was not thrown yet never is.
   */
  uncancel(): number {
    const scope = this.state.currentScope()
    if (scope?.task === this) scope.withdraw()
    else this.root.withdrawInside()
    return this.cancelling()
  }

  /**
   * Aborted as soon as `cancel` is called, and inside a timeout or a group when that ends its body: for APIs that take
   * an AbortSignal. Once the request was withdrawn, as a timeout does with its own, the signal is a fresh one.
   */
  get signal(): AbortSignal {
    const scope = this.state.currentScope()
    if (scope?.task === this) return scope.signal
    return this.root.signal
  }

  /** Tasks end by their coroutine; throws InvalidStateError. */
  override setResult(_value: T): void {
    throw new InvalidStateError('a task ends by its coroutine; setResult is for plain futures')
  }

  /** Tasks end by their coroutine; throws InvalidStateError. */
  override setException(_exception: unknown): void {
    throw new InvalidStateError('a task ends by its coroutine; setException is for plain futures')
  }

  /** The futures and tasks it waits for now, those inside timeouts and groups included; for tools. */
  awaiting(): readonly Cancellable[] {
    return this.root.awaitedInside()
  }

  /** @internal As asyncio's tasks keep it: of a request that found nothing to cancel. */
  get cancelMessage(): string | undefined {
    return this.lastMessage
  }

  /** @internal */
  abstract canLeaveBehind(): boolean

  /** @internal */
  abstract leaveBehind(reason: CancelledError): void

  protected override describeUnseen(): string {
    return `Task exception was never retrieved: ${this.getName()}`
  }

  /** Cancels the task when `signal` aborts. */
  protected cancelOn(signal: AbortSignal): void {
    this.stopListening = listen(signal, (reason) => {
      this.cancel(reason)
    })
  }

  /** Ends the task with its coroutine's result, or as cancelled if it ended before a kept request was thrown. */
  protected endWith(value: T): void {
    this.endListening()
    const request = this.root.takeRequest()
    if (request === null) super.setResult(value)
    else this.endCancelled(request.message)
  }

  /** Ends the task with what its coroutine threw. */
  protected endBy(error: unknown): void {
    this.endListening()
    const cancellation = isCancellation(error)
    if (cancellation === null) super.setException(error)
    else this.endCancelled(cancellation.message)
  }

  private endListening(): void {
    this.stopListening?.()
    this.stopListening = null
  }
}
