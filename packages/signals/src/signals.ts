import { getRunningLoop } from '@loop/core'
import type { EventLoop, Future } from '@loop/core'

/**
 * The signals of `names` as they come, as an async iterator of the running loop:
 *
 * ```ts
 * for await (const signal of signals(['SIGHUP', 'SIGTERM'])) {
 *   if (signal === 'SIGTERM') break
 *   reload()
 * }
 * ```
 *
 * The handlers are installed at the call, so that nothing is missed, and removed when the iteration ends. They replace
 * other handlers of the same signals. Throws what `loop.addSignalHandler` throws.
 */
export function signals(names: readonly string[]): SignalIterator {
  return new SignalIterator(getRunningLoop(), names)
}

/** See {@link signals}. */
export class SignalIterator implements AsyncIterableIterator<string>, Disposable {
  private readonly arrived: string[] = []
  private readonly waiting: Future<undefined>[] = []
  private open = true

  /** @internal */
  constructor(
    private readonly loop: EventLoop,
    private readonly names: readonly string[],
  ) {
    const added: string[] = []
    try {
      for (const name of names) {
        loop.addSignalHandler(
          name,
          (signal: string) => {
            this.arrive(signal)
          },
          name,
        )
        added.push(name)
      }
    } catch (error) {
      for (const name of added) loop.removeSignalHandler(name)
      throw error
    }
  }

  /** The next signal; done once the iteration was ended. Cancelling the wait ends it, as with an async generator. */
  async next(): Promise<IteratorResult<string, undefined>> {
    while (this.open && this.arrived.length === 0) {
      const waiter = this.loop.createFuture<undefined>()
      this.waiting.push(waiter)
      try {
        await waiter
      } catch (cancellation) {
        // `for await` calls `return` when its body throws, but not when `next` does.
        this[Symbol.dispose]()
        throw cancellation
      }
    }
    const signal = this.arrived.shift()
    return signal === undefined ? { done: true, value: undefined } : { done: false, value: signal }
  }

  /** Ends the iteration and removes the handlers. */
  return(): Promise<IteratorResult<string, undefined>> {
    this[Symbol.dispose]()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.dispose](): void {
    if (!this.open) return
    this.open = false
    if (!this.loop.isClosed()) for (const name of this.names) this.loop.removeSignalHandler(name)
    this.arrived.length = 0
    this.wakeAll()
  }

  private arrive(signal: string): void {
    this.arrived.push(signal)
    this.wakeAll()
  }

  private wakeAll(): void {
    for (const waiter of this.waiting.splice(0)) if (!waiter.done()) waiter.setResult(undefined)
  }
}
