import type { AnyFunction, EventLoop, Executor, Future, SubmitOptions } from '@loop/core'
import { InvalidStateError, TimeoutError } from '@loop/core'

/**
 * The executor of a deterministic loop: each piece of work takes a virtual duration, and is run in this thread at the
 * moment its result lands. So which of several results lands first is a matter of virtual time, and with it of the
 * seed.
 */
export class DeterministicExecutor implements Executor {
  private readonly pending = new Map<Future<unknown>, Disposable>()
  private readonly waiting: (() => void)[] = []
  private closed = false

  /**
   * @param loop Where the work is scheduled
   * @param duration Virtual milliseconds that the next piece takes
   */
  constructor(
    private readonly loop: EventLoop,
    private readonly duration: () => number,
  ) {}

  submit(fn: AnyFunction, args: readonly unknown[], options: SubmitOptions = {}): Future<unknown> {
    if (this.closed) throw new InvalidStateError('the executor was shut down; it takes no more work')
    const { loop } = this
    const future = loop.createFuture<unknown>()
    const duration = this.duration()
    const tooLong = options.timeout !== undefined && duration > options.timeout
    const timer = tooLong
      ? loop.callLater(options.timeout, () => {
          this.settle(future, () => {
            future.setException(new TimeoutError(`the work took longer than ${options.timeout} ms`))
          })
        })
      : loop.callLater(duration, () => {
          this.land(future, fn, args)
        })
    const abort = (): void => {
      future.cancel()
    }
    options.signal?.addEventListener('abort', abort, { once: true })
    this.pending.set(future, timer)
    future.addDoneCallback(() => {
      options.signal?.removeEventListener('abort', abort)
      this.forget(future)
    })
    if (options.signal?.aborted === true) abort()
    return future
  }

  async shutdown({
    wait = true,
    cancelPending = false,
  }: { wait?: boolean; cancelPending?: boolean } = {}): Promise<void> {
    this.closed = true
    if (cancelPending) for (const future of this.pending.keys()) future.cancel()
    if (!wait || this.pending.size === 0) return
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve)
    })
  }

  private land(future: Future<unknown>, fn: AnyFunction, args: readonly unknown[]): void {
    const fail = (error: unknown): void => {
      this.settle(future, () => {
        future.setException(error)
      })
    }
    const succeed = (value: unknown): void => {
      this.settle(future, () => {
        future.setResult(value)
      })
    }
    try {
      const made: unknown = fn(...args)
      if (isPromise(made)) made.then(succeed, fail)
      else succeed(made)
    } catch (error) {
      fail(error)
    }
  }

  /** Ends a future, unless it was cancelled meanwhile. */
  private settle(future: Future<unknown>, end: () => void): void {
    if (!future.done()) end()
  }

  private forget(future: Future<unknown>): void {
    this.pending.get(future)?.[Symbol.dispose]()
    this.pending.delete(future)
    if (this.pending.size === 0) for (const resolve of this.waiting.splice(0)) resolve()
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
