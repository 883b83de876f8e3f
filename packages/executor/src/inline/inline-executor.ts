import { NotSupportedError } from '@loop/core'
import { checkPoolOptions, type PoolOptions, type TaskOptions } from '../options.ts'
import { PoolExecutor } from '../pool.ts'
import { poolSettings } from '../pool-settings.ts'
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
    checkPoolOptions(options)
    const settings = poolSettings(options, 1, 'loop-inline')
    super({
      ...settings,
      makeChannel: (_name, owner) => new InlineChannel(owner, createMonotonicClock(), settings.start()),
    })
  }

  protected override checkSupported(options: TaskOptions): void {
    if (options.kill === true)
      throw new NotSupportedError('there is no worker to end: kill needs ThreadPoolExecutor or ProcessPoolExecutor')
  }
}
