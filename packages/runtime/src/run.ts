import { isMainThread } from 'node:worker_threads'
import type { CoroutineFunction, EventLoop, RunOptions, Task } from '@loop/core'
import { checkCoroutineFunction } from '@loop/core/lowlevel'
import { currentTask, InvalidStateError, NotSupportedError, Runner } from '@loop/core'
import { cancelOnInterrupt, type Interruption } from '@loop/signals'
import { nativeLoop } from './native-loop.ts'

/**
 * Runs a program: a loop with everything wired, `main` on it, and a clean end. What is left is cancelled and awaited,
 * its errors are reported, the default executor is shut down and the loop closed.
 *
 * The first Ctrl+C cancels the main task, and `run` throws InterruptedError when it ended by that; uncaught, that ends
 * the process with exit code 130 and no word. The second ends the process at once. A loop of a `loopFactory` that has
 * no signal source leaves Ctrl+C to Node.
 *
 * ```ts
 * import { run, sleep } from '@loop/runtime'
 *
 * await run(async () => {
 *   await sleep(100)
 * })
 * ```
 */
export async function run<T>(main: CoroutineFunction<T>, options: RunOptions = {}): Promise<T> {
  checkCoroutineFunction(main, 'run')
  if (currentTask() !== null) throw new InvalidStateError('run cannot be called from a task of a running loop')
  const runner = new Runner({ ...options, loopFactory: options.loopFactory ?? nativeLoop })
  const loop = runner.getLoop()
  const task = loop.createTask(main)
  const interruption = interruptionOf(loop, task)
  try {
    return await loop.runUntilComplete(task)
  } catch (error) {
    throw interruption?.explain(error) ?? error
  } finally {
    interruption?.[Symbol.dispose]()
    await runner.close()
  }
}

/**
 * The link between Ctrl+C and the main task; null where signals do not come: in worker threads, on a loop without a
 * source.
 */
function interruptionOf(loop: EventLoop, task: Task): Interruption | null {
  if (!isMainThread) return null
  try {
    return cancelOnInterrupt(loop, task)
  } catch (error) {
    if (error instanceof NotSupportedError) return null
    throw error
  }
}
