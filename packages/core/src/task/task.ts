/*
 * Long because the steps of a task are one state machine: each way of waiting stands beside the ways in which it ends.
 */
import type { AsyncResource } from 'node:async_hooks'
import type { Runnable } from '../contracts/observe.ts'
import { checkCoroutineFunction, checkName } from '../base/checks.ts'
import { describe } from '../base/describe.ts'
import { CancelledError, InvalidStateError, isCancellation, NotSupportedError } from '../base/errors.ts'
import { isAsyncFunction, isThenable } from '../base/kinds.ts'
import { checkSignal } from '../base/signal-listeners.ts'
import type { TaskNode } from '../base/task-list.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { captureContext } from '../turn/loop-state.ts'
import type { Cut, Driver, Scope } from '../turn/scope.ts'
import { leftBehind, scopes } from '../turn/scope.ts'
import type { Coroutine, CoroutineFunction, Suspension } from './awaitable.ts'
import { Body, DRIVER, ONE_TURN } from './awaitable.ts'
import { CancellableTask } from './cancellable-task.ts'
import { Future } from './future.ts'
import { promiseFuture } from './promise-future.ts'

/** Options of `createTask`. */
export interface TaskOptions {
  /** Shown in errors and tools; "Task-7" and so on by default. */
  readonly name?: string
  /**
   * Runs the first step at once instead of in the next turn. NotSupportedError is thrown for an async function when the
   * loop has `attribution: 'handle'`: what it awaits in its first step would be put down to the task that is current
   * here.
   */
  readonly eagerStart?: boolean
  /** Cancels the task when it aborts. */
  readonly signal?: AbortSignal
}

/**
 * A coroutine running on the loop; also the future of what it returns.
 *
 * Each step is one entry of the ready queue. Between two steps the task waits for one future, or, through `Promise.all`
 * and the like, for several.
 */
export class Task<T = unknown> extends CancellableTask<T> implements Runnable, TaskNode, Driver {
  /** @internal */
  previousTask: TaskNode | null = null
  /** @internal */
  nextTask: TaskNode | null = null
  /** @internal */
  readonly coroutine: CoroutineFunction<T>
  private started = false
  private generator: Iterator<Suspension, T, unknown> | null = null
  private context: AsyncResource
  /** @internal Where the generator is: in the task's own scope, or in one that it opened. */
  scope: Scope
  /** The future that the generator itself has yielded. */
  private yielded: Future | null = null
  /** The promise that a generator has yielded, while it is pending. */
  private promise: PromiseLike<unknown> | null = null
  /** Ends that wait, unless a body runs in the promise that must not be left alone. */
  private cut: Cut | null = null
  /** How the next step goes on: what it sends, or throws when `failed`. */
  private sent: unknown = undefined
  private failed = false

  /** @internal Use `loop.createTask()`. */
  constructor(state: LoopState, coroutine: CoroutineFunction<T>, options?: TaskOptions) {
    checkCoroutine(state, coroutine, options)
    super(state, options?.name)
    this.coroutine = coroutine
    this.scope = this.root
    this.context = captureContext()
    state.tasks.add(this)
    state.observer?.taskCreated?.(this)
    if (options?.signal !== undefined) this.cancelOn(options.signal)
    if (options?.eagerStart === true) this.startNow()
    else state.push(this)
  }

  /**
   * Awaits a promise of another library as a wait of the loop: it can be cancelled at once, and what follows runs in a
   * handle of the loop. As `loop.wrap(source)`, in the name of this task wherever it is called.
   */
  await<R>(source: PromiseLike<R>): Promise<R> {
    const future = source instanceof Future ? (source as Future<R>) : promiseFuture(this.state, source)
    if (future.done()) return future.then()
    const scope = this.state.currentScope()
    return future.awaitedBy(scope?.task === this ? scope : this.root)
  }

  override get [Symbol.toStringTag](): string {
    return 'Task'
  }

  /** @internal One step; called by the turn. */
  run(): void {
    if (this.done() && !this.root.isAbandoned()) return
    this.state.current = this.scope
    this.context.runInAsyncScope(this.started || !this.state.inContext ? step : firstStep, this)
  }

  /** @internal */
  step(): void {
    if (this.yielded !== null) this.collect(this.yielded)
    const cancellation = this.scope.takeRequest()
    // A cancellation that comes out of what it awaited already is one; it keeps its message.
    if (cancellation !== null && !(this.failed && isCancellation(this.sent) !== null)) {
      this.sent = cancellation
      this.failed = true
    }
    if (this.started) this.advance()
    else this.start()
  }

  /** Takes over what the future it waited for has become. */
  private collect(awaited: Future): void {
    this.yielded = null
    this.scope.forget(awaited)
    if (awaited.succeeded) {
      this.sent = awaited.result()
    } else {
      this.sent = awaited.failure()
      this.failed = true
    }
  }

  private start(): void {
    this.started = true
    if (this.failed) {
      this.fail(this.sent)
      return
    }
    const { coroutine } = this
    try {
      this.follow(coroutine() as PromiseLike<T> | Coroutine<T>)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Goes along with what the coroutine function made. Its getters are the program's, and may throw. */
  private follow(made: PromiseLike<T> | Coroutine<T>): void {
    if (made instanceof Future) {
      this.generator = (made as Future<T>)[Symbol.iterator]()
      this.advance()
    } else if (isGenerator<T>(made)) {
      this.generator = made
      this.isGenerator = true
      if (this.state.inContext) this.context = captureContext()
      this.advance()
    } else if (isAsyncGenerator(made)) {
      throw new TypeError(
        `${describe(this.coroutine)} gives an async generator, which is no coroutine; iterate it in an async function`,
      )
    } else if (isThenable(made)) {
      made.then(
        (value) => {
          this.finish(value as T)
        },
        (error: unknown) => {
          this.fail(error)
        },
      )
    } else {
      this.finish(made as T)
    }
  }

  /** @internal Runs the generator until it waits for something pending. */
  advance(): void {
    const generator = this.generator!
    for (;;) {
      let done: boolean | undefined
      let value: T | Suspension
      const { sent, failed } = this
      this.sent = undefined
      this.failed = false
      try {
        ;({ done, value } = failed ? generator.throw!(sent) : generator.next(sent))
      } catch (error) {
        this.fail(error)
        return
      }
      if (done === true) {
        this.finish(value as T)
        return
      }
      try {
        if (this.suspendOn(value as Suspension)) return
      } catch (error) {
        // What it yielded is the program's, and getters of it may throw.
        this.refuse(error)
      }
    }
  }

  /** Waits for what the generator yielded; false when it can go on at once. */
  private suspendOn(awaited: Suspension): boolean {
    if (awaited === undefined || awaited === null || awaited === ONE_TURN) {
      if (this.scope.isAbandoned()) return this.refuse(leftBehind())
      this.sent = awaited
      this.state.push(this)
      return true
    }
    if (awaited === DRIVER) {
      this.sent = this
      return false
    }
    if (awaited instanceof Body) {
      this.suspendOnPromise(awaited.promise, false)
      return true
    }
    if (awaited instanceof Future) return this.suspendOnFuture(awaited)
    if (isThenable(awaited)) {
      if (this.scope.isAbandoned()) return this.refuse(leftBehind())
      this.suspendOnPromise(awaited, true)
      return true
    }
    return this.refuse(
      new TypeError(`a task can wait for futures and promises, not for ${describe(awaited)}; use yield*`),
    )
  }

  private suspendOnFuture(awaited: Future): boolean {
    if (awaited === (this as unknown))
      return this.refuse(new InvalidStateError(`${this.getName()} cannot await itself`))
    if (awaited.state !== this.state) {
      return this.refuse(new InvalidStateError(`${this.getName()} awaits a future that belongs to another loop`))
    }
    if (awaited.done()) {
      this.collect(awaited)
      return false
    }
    const refusal = this.scope.startWaiting(awaited)
    if (refusal !== null) return this.refuse(refusal)
    this.yielded = awaited
    awaited.whenDone(this)
    return true
  }

  /**
   * Waits for a promise. If it is the body of a helper of this task (an async function under `timeout`, say) it settles
   * while this task is current, and the generator goes on in the same handle; a foreign one settles anywhere, and the
   * generator goes on in a handle of its own.
   */
  private suspendOnPromise(promise: PromiseLike<unknown>, canBeCut: boolean): void {
    const { scope } = this
    const settled = (sent: unknown, failed: boolean): void => {
      if (this.promise !== promise) {
        if (failed) this.state.reportLate(sent)
        return
      }
      this.endPromise(scope)
      this.sent = sent
      this.failed = failed
      // In the same handle the task has not paused, so a request to cancel waits until it does.
      if (this.state.current?.task === this) this.context.runInAsyncScope(advance, this)
      else this.state.push(this)
    }
    this.promise = promise
    if (canBeCut) {
      this.cut = (reason) => {
        this.endPromise(scope)
        this.sent = reason
        this.failed = true
        this.run()
      }
      scope.addCut(this.cut)
    }
    try {
      promise.then(
        (value) => {
          settled(value, false)
        },
        (error: unknown) => {
          settled(error, true)
        },
      )
    } catch (error) {
      this.endPromise(scope)
      throw error
    }
  }

  private endPromise(scope: Scope): void {
    this.promise = null
    if (this.cut !== null) scope.removeCut(this.cut)
    this.cut = null
  }

  /** @internal */
  override canLeaveBehind(): boolean {
    if (!this.started || this.done()) return false
    return this.generator === null || (this.promise !== null && this.cut === null)
  }

  /** @internal */
  override leaveBehind(reason: CancelledError): void {
    this.state.tasks.delete(this)
    this.endBy(reason)
    this.state.observer?.taskDone?.(this)
  }

  /** @internal What the generator does from here on is done in `scope`, until what is returned is called. */
  enter(scope: Scope): () => void {
    const { scope: around } = this
    this.goTo(scope)
    return () => {
      this.goTo(around)
    }
  }

  private goTo(scope: Scope): void {
    this.scope = scope
    this.state.current = scope
    if (!this.state.inContext) return
    // A new one each time: on Node 20 and 22 entering changes the captured context in which the step runs.
    scopes.enterWith(scope)
    this.context = captureContext()
  }

  private refuse(error: unknown): false {
    this.sent = error
    this.failed = true
    return false
  }

  private startNow(): void {
    const { state } = this
    const before = state.current
    this.run()
    state.current = before
  }

  private finish(value: T): void {
    if (this.done()) return
    this.release()
    this.endWith(value)
    this.state.observer?.taskDone?.(this)
  }

  private fail(error: unknown): void {
    if (this.done()) {
      if (this.root.isAbandoned()) this.state.reportLate(error)
      return
    }
    this.release()
    this.endBy(error)
    this.state.observer?.taskDone?.(this)
  }

  private release(): void {
    this.state.tasks.delete(this)
    this.generator = null
  }
}

/** Throws for what cannot be a task, before there is one that the loop would wait for. */
function checkCoroutine(
  state: LoopState,
  coroutine: CoroutineFunction<unknown>,
  options: TaskOptions | undefined,
): void {
  checkCoroutineFunction(coroutine, 'createTask')
  state.checkOpen()
  // Nearly always there is nothing to ask further.
  if (scopes.getStore()?.isAbandoned() === true && state.currentScope()?.isAbandoned() === true) throw leftBehind()
  if (options === undefined) return
  checkName(options.name)
  if (options.signal !== undefined) checkSignal(options.signal)
  if (options.eagerStart !== true || state.inContext || !isAsyncFunction(coroutine)) return
  throw new NotSupportedError(
    "with attribution: 'handle' an async function cannot be started eagerly: pass a generator function, or leave that option out",
  )
}

function step(this: Task): void {
  this.step()
}

/** Enters the task's own scope; what is entered in a step is left when the step ends. */
function firstStep(this: Task): void {
  scopes.enterWith(this.root)
  this.step()
}

function advance(this: Task): void {
  this.advance()
}

function isGenerator<T>(made: unknown): made is Coroutine<T> {
  return typeof (made as { next?: unknown } | null | undefined)?.next === 'function' && !isAsyncGenerator(made)
}

function isAsyncGenerator(made: unknown): boolean {
  return (
    typeof made === 'object' &&
    made !== null &&
    Symbol.asyncIterator in made &&
    !(Symbol.iterator in made) &&
    'next' in made
  )
}
