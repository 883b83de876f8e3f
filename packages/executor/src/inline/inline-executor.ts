import { NotSupportedError } from '@loop/core'
import type { PoolOptions, TaskOptions } from '../options.ts'
import { PoolExecutor } from '../pool/pool.ts'
import { createMonotonicClock } from '../worker/monotonic.ts'
import { InlineChannel } from './inline-channel.ts'

/** Options of `InlineExecutor`. */
export type InlineExecutorOptions = Pick<
  PoolOptions,
  'queueLimit' | 'callerStack' | 'initializer' | 'initializerArgs' | 'preload' | 'tasksPerWorker'
>

/**
 * Runs functions in this thread, one after the other, in microtasks: for tests of code that takes an executor.
 *
 * What cannot travel to a worker is refused here too, and everything is copied as there. A function that computes
 * without a pause blocks this thread, and nothing can end it: `kill` is not supported, and a time limit is noticed only
 * once the function waits or returns.
 */
export class InlineExecutor extends PoolExecutor {
  constructor(options: InlineExecutorOptions = {}) {
    super(
      options,
      { maxWorkers: 1, namePrefix: 'loop-inline' },
      (_name, owner, start) => new InlineChannel(owner, createMonotonicClock(), start),
    )
  }

  protected override checkSupported(options: TaskOptions): void {
    if (options.kill === true)
      throw new NotSupportedError('there is no worker to end: kill needs ThreadPoolExecutor or ProcessPoolExecutor')
  }
}
