import { call, CancelledError } from '@loop/core'
import type { Coroutine, EventLoop, Task } from '@loop/core'

/** Runs a reload for each SIGHUP, one after the other: a second signal during a reload means another one after it. */
export class Reloads implements Disposable {
  private pending = 0
  private task: Task | null = null
  private ended = false

  constructor(
    private readonly loop: EventLoop,
    private readonly reload: () => unknown,
  ) {
    loop.addSignalHandler('SIGHUP', () => {
      this.request()
    })
  }

  [Symbol.dispose](): void {
    if (!this.loop.isClosed()) this.loop.removeSignalHandler('SIGHUP')
  }

  /** From now on a signal means nothing: the program ends. The one that is running goes on to its end. */
  end(): void {
    this.ended = true
    this.pending = Math.min(this.pending, 1)
  }

  private request(): void {
    if (this.ended) return
    this.pending++
    if (this.task !== null) return
    this.task = this.loop.createTask(() => this.runPending(), { name: 'reload on SIGHUP' })
  }

  private *runPending(): Coroutine<void> {
    try {
      for (; this.pending > 0; this.pending = Math.max(0, this.pending - 1)) yield* this.once()
    } finally {
      this.task = null
    }
  }

  /** One reload; its failure is reported, and the next one runs all the same. */
  private *once(): Coroutine<void> {
    try {
      yield* call(this.reload)
    } catch (exception) {
      if (exception instanceof CancelledError) throw exception
      this.loop.callExceptionHandler({ message: 'reload on SIGHUP failed', exception })
    }
  }
}
