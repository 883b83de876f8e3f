import { moduleUrl } from './functions/module-tasks.ts'
import { InitializerSpec } from './initializer.ts'
import type { PoolOptions } from './options.ts'
import type { WorkerStart } from './pool-worker.ts'

/** What all pools make of their options in the same way. */
export function poolSettings<O extends PoolOptions>(options: O, maxWorkers: number, namePrefix: string) {
  const { idleTimeout = Infinity, maxTasksPerWorker = Infinity, tasksPerWorker = 1, maxHeapUsed = Infinity } = options
  const initializer = InitializerSpec.of(options)
  const preload = (options.preload ?? []).map(moduleUrl)
  const heapBytes = maxHeapUsed === Infinity ? 0 : maxHeapUsed * 2 ** 20
  return {
    ...options,
    initializer,
    maxWorkers,
    minWorkers: Math.min(options.minWorkers ?? 0, maxWorkers),
    idleTimeout,
    maxTasksPerWorker,
    tasksPerWorker,
    namePrefix: options.namePrefix ?? namePrefix,
    /** What a new worker is told; asked for when one starts, because the initializer is examined later than this. */
    start: (): WorkerStart => ({
      initializer: initializer?.forWorker() ?? null,
      preload,
      tasksPerWorker,
      maxHeapUsed: heapBytes,
    }),
  }
}
