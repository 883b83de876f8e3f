import { availableParallelism } from 'node:os'
import type { ThreadPoolOptions } from '../options.ts'
import { PoolExecutor } from '../pool/pool.ts'
import { ThreadChannel } from './thread-channel.ts'

/** Python's default: a few more than cores, since threads are also for work that waits, and never more than 32. */
const DEFAULT_THREADS = Math.min(32, availableParallelism() + 4)

/** Microseconds a worker looks for work before it sleeps, with `spin`: about what falling asleep and waking up cost. */
const SPIN_US = 60

/**
 * Runs functions on threads of this process. Threads start with the first work, and are replaced when they die.
 *
 * @example
 * await using pool = new ThreadPoolExecutor({ maxWorkers: 4 })
 * const sum = await pool.submit((n: number) => { let s = 0; for (let i = 0; i < n; i++) s += i; return s }, [1e6])
 */
export class ThreadPoolExecutor extends PoolExecutor {
  constructor(options: ThreadPoolOptions = {}) {
    const { maxWorkers = DEFAULT_THREADS, resourceLimits } = options
    // Spinning takes a core from someone when there are not more cores than busy threads.
    const spin = options.spin === true && maxWorkers < availableParallelism() ? SPIN_US : 0
    super(
      options,
      { maxWorkers, namePrefix: 'loop-thread' },
      (name, owner, start) => new ThreadChannel({ ...start, name, resourceLimits, spin }, owner),
    )
  }
}
