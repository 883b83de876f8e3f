import { moduleUrl } from '../functions/module-tasks.ts'
import { InitializerSpec } from './initializer.ts'
import { checkPoolOptions, type PoolOptions } from '../options.ts'
import type { WorkerStart } from './pool-worker.ts'

/** What a kind of pool uses where its options say nothing. */
export interface PoolDefaults {
  readonly maxWorkers: number
  readonly namePrefix: string
}

/** Checks the options of a pool and fills in what they leave out; throws a TypeError or RangeError that names one. */
export function poolSettings(options: PoolOptions, defaults: PoolDefaults) {
  checkPoolOptions(options)
  const { idleTimeout = Infinity, maxTasksPerWorker = Infinity, tasksPerWorker = 1, maxHeapUsed = Infinity } = options
  const { maxWorkers = defaults.maxWorkers, namePrefix = defaults.namePrefix } = options
  const initializer = InitializerSpec.of(options)
  const preload = (options.preload ?? []).map(moduleUrl)
  const heapBytes = maxHeapUsed === Infinity ? 0 : maxHeapUsed * 2 ** 20
  return {
    queueLimit: options.queueLimit,
    callerStack: options.callerStack,
    onOutput: options.onOutput,
    initializer,
    maxWorkers,
    minWorkers: Math.min(options.minWorkers ?? 0, maxWorkers),
    idleTimeout,
    maxTasksPerWorker,
    tasksPerWorker,
    namePrefix,
    /** What a new worker is started with; read when one starts, because the initializer is examined later than this. */
    start: (): WorkerStart => ({
      initializer: initializer?.forWorker() ?? null,
      preload,
      tasksPerWorker,
      maxHeapUsed: heapBytes,
    }),
  }
}
