import type { CoroutineFunction } from './awaitable.ts'
import { CancelledError, InvalidStateError } from './errors.ts'
import { EventLoop } from './loop.ts'
import { runningState } from './running.ts'
import { Task } from './task.ts'

/** Makes the loop that a program runs on. */
export type LoopFactory = () => EventLoop

/** Options of {@link run} and {@link Runner}. */
export interface RunOptions {
  /** Makes the loop; `new EventLoop()` by default. */
  readonly loopFactory?: LoopFactory
  /** Turns debug mode of the loop on or off. */
  readonly debug?: boolean
}

/**
 * One loop for one or several main coroutines, and its clean end:
 *
 *     created (run)* closed
 *
 * ```ts
 * await using runner = new Runner()
 * await runner.run(main)
 * ```
 */
export class Runner implements AsyncDisposable {
  private loop: EventLoop | null = null
  private closed = false

  constructor(private readonly options: RunOptions = {}) {}

  /** The loop, made on first use. Throws InvalidStateError once closed. */
  getLoop(): EventLoop {
    if (this.closed) throw new InvalidStateError('the runner is closed')
    if (this.loop === null) {
      this.loop = (this.options.loopFactory ?? (() => new EventLoop()))()
      if (this.options.debug !== undefined) this.loop.debug = this.options.debug
    }
    return this.loop
  }

  /** Runs a coroutine function as the main task and gives its result. Throws TypeError for anything else. */
  async run<T>(main: CoroutineFunction<T>): Promise<T> {
    if (typeof main !== 'function') throw new TypeError(`run takes a coroutine function, uncalled, not ${typeof main}`)
    if (runningState()?.currentTask()) throw new InvalidStateError('run cannot be called from a task of a running loop')
    const loop = this.getLoop()
    return await loop.runUntilComplete(loop.createTask(main))
  }

  /** Cancels what is left, waits for it, shuts the default executor down and closes the loop. Closing twice is allowed. */
  async close(): Promise<void> {
    const { loop } = this
    this.closed = true
    this.loop = null
    if (loop === null || loop.isClosed()) return
    try {
      await cancelLeftovers(loop)
      await loop.runUntilComplete(() => loop.shutdownDefaultExecutor())
    } finally {
      loop.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/**
 * Runs a program: makes a loop, runs `main` on it, cancels and awaits what is left, and closes it.
 *
 * ```ts
 * const result = await run(async () => {
 *   await sleep(100)
 *   return 'done'
 * })
 * ```
 */
export async function run<T>(main: CoroutineFunction<T>, options: RunOptions = {}): Promise<T> {
  const runner = new Runner(options)
  try {
    return await runner.run(main)
  } finally {
    await runner.close()
  }
}

async function cancelLeftovers(loop: EventLoop): Promise<void> {
  const leftovers = [...(loop.state.tasks as Iterable<Task>)]
  if (leftovers.length === 0) return
  for (const task of leftovers) task.cancel()
  await loop.runUntilComplete(function* () {
    for (const task of leftovers) {
      try {
        yield* task
      } catch (exception) {
        if (exception instanceof CancelledError) continue
        loop.callExceptionHandler({ message: `unhandled exception during shutdown: ${task.getName()}`, exception, future: task })
      }
    }
  })
}
