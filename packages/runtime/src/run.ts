import { isMainThread } from 'node:worker_threads'
import type { CoroutineFunction, RunOptions } from '@loop/core'
import { currentTask, InvalidStateError, Runner } from '@loop/core'
import { cancelOnInterrupt } from '@loop/signals'
import { nativeLoop } from './native-loop.ts'

/**
 * Runs a program: a loop with everything wired, `main` on it, and a clean end. What is left is cancelled and awaited, its
 * errors are reported, the default executor is shut down and the loop closed.
 *
 * The first Ctrl+C cancels the main task, and `run` throws InterruptedError when it ended by that; the second ends the
 * process with exit code 130.
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
  if (typeof main !== 'function') throw new TypeError(`run takes a coroutine function, uncalled, not ${typeof main}`)
  if (currentTask() !== null) throw new InvalidStateError('run cannot be called from a task of a running loop')
  const runner = new Runner({ ...options, loopFactory: options.loopFactory ?? nativeLoop })
  const loop = runner.getLoop()
  const task = loop.createTask(main)
  const interruption = isMainThread && options.loopFactory === undefined ? cancelOnInterrupt(loop, task) : null
  try {
    return await loop.runUntilComplete(task)
  } catch (error) {
    throw interruption?.explain(error) ?? error
  } finally {
    interruption?.[Symbol.dispose]()
    await runner.close()
  }
}
