import type { AnyFunction, Executor } from '../contracts/services.ts'
import { checkTime } from '../base/checks.ts'
import { NotSupportedError } from '../base/errors.ts'
import { startTimer } from '../turn/handle.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { Future } from '../task/future.ts'
import { promiseFuture } from '../task/promise-future.ts'

/** A loop's default executor: none, one that was given, or a function that makes one on first use. */
export class ExecutorSlot {
  constructor(
    private readonly state: LoopState,
    private executor: Executor | (() => Executor) | null,
  ) {}

  /** Replaces it. Throws TypeError for what is no executor. */
  set(executor: Executor): void {
    checkExecutor(executor)
    this.executor = executor
  }

  /** Submits to `executor`, or to the default one. */
  submit<R>(executor: Executor | null, fn: AnyFunction, args: readonly unknown[]): Future<R> {
    if (executor !== null) checkExecutor(executor)
    const submission = (executor ?? this.get()).submit(fn, args)
    // An executor that knows loops answers with a future of this one already.
    if (submission instanceof Future && submission.state === this.state) return submission as Future<R>
    return promiseFuture(this.state, submission as PromiseLike<R>)
  }

  /** Shuts it down and waits for its work, at most `timeoutMs` milliseconds when given. */
  async shutdown(timeoutMs?: number): Promise<void> {
    if (timeoutMs !== undefined) checkTime(timeoutMs, 'the timeout of shutdownDefaultExecutor')
    const executor = this.take()
    if (executor === null) return
    const ended = promiseFuture(this.state, executor.shutdown({ wait: true }))
    const giveUp = (): void => {
      ended.cancel()
    }
    const timer = timeoutMs === undefined ? null : startTimer(this.state, this.state.clock.now() + timeoutMs, giveUp)
    try {
      await ended
    } catch (error) {
      if (!ended.cancelled()) throw error
      await executor.shutdown({ wait: false, cancelPending: true })
    } finally {
      timer?.cancel()
    }
  }

  /** Lets it go without waiting. */
  release(): void {
    void this.take()?.shutdown({ wait: false })
  }

  private get(): Executor {
    if (typeof this.executor === 'function') this.executor = this.executor()
    if (this.executor === null) {
      throw new NotSupportedError(
        'no executor is wired into this loop; install @loop/executor and pass one, or use @loop/runtime',
      )
    }
    return this.executor
  }

  /** The executor, if one was made; none is left. */
  private take(): Executor | null {
    const { executor } = this
    this.executor = null
    return typeof executor === 'function' ? null : executor
  }
}

function checkExecutor(executor: unknown): void {
  const { submit, shutdown } = (executor ?? {}) as Partial<Executor>
  if (typeof submit === 'function' && typeof shutdown === 'function') return
  throw new TypeError('an executor has the methods submit and shutdown; pass one of @loop/executor')
}
