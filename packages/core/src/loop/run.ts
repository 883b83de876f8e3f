import { checkCoroutineFunction } from '../base/checks.ts'
import { describe } from '../base/describe.ts'
import { InvalidStateError, isCancellation } from '../base/errors.ts'
import { formatReport } from '../base/report.ts'
import { runningState } from '../turn/running.ts'
import type { CoroutineFunction } from '../task/awaitable.ts'
import type { Task } from '../task/task.ts'
import { EventLoop } from './event-loop.ts'

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
      const loop = (this.options.loopFactory ?? (() => new EventLoop()))()
      if (!((loop as unknown) instanceof EventLoop))
        throw new TypeError(`a loopFactory gives an EventLoop, not ${describe(loop)}`)
      this.loop = loop
      if (this.options.debug !== undefined) this.loop.debug = this.options.debug
    }
    return this.loop
  }

  /** Runs a coroutine function as the main task and gives its result. Throws TypeError for anything else. */
  async run<T>(main: CoroutineFunction<T>): Promise<T> {
    checkCoroutineFunction(main, 'run')
    if (runningState()?.currentTask()) throw new InvalidStateError('run cannot be called from a task of a running loop')
    const loop = this.getLoop()
    return await loop.runUntilComplete(loop.createTask(main))
  }

  /**
   * Cancels what is left, waits for it, shuts the default executor down and closes the loop. Closing twice is allowed.
   */
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
  let result: T
  try {
    result = await runner.run(main)
  } catch (error) {
    // The program's own error is the one that counts; one of the end is reported.
    await runner.close().catch((exception: unknown) => {
      console.error(formatReport({ message: 'Exception at the end of run()', exception }))
    })
    throw error
  }
  await runner.close()
  return result
}

/** Tasks that still run at the end are asked to end, and waited for. */
async function cancelLeftovers(loop: EventLoop): Promise<void> {
  const ending: Task[] = []
  for (const task of loop.state.tasks as Iterable<Task>) {
    try {
      task.cancel('run() is ending')
      ending.push(task)
    } catch (exception) {
      // Tasks that wait for each other in a circle cannot be ended; the loop's close names them.
      loop.callExceptionHandler({
        message: `${task.getName()} could not be cancelled at the end of run()`,
        exception,
        future: task,
      })
    }
  }
  if (ending.length === 0) return
  await loop.runUntilComplete(function* () {
    for (const task of ending) {
      try {
        yield* task
      } catch (exception) {
        if (isCancellation(exception) !== null) continue
        loop.callExceptionHandler({
          message: `unhandled exception during shutdown: ${task.getName()}`,
          exception,
          future: task,
        })
      }
    }
  })
}
