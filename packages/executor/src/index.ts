export { BrokenExecutorError, ExecutorShutdownError, NotSerializableError, QueueFullError } from './errors.ts'
export type { WorkerExit } from './errors.ts'
export { registerErrorClass } from './error-decoder.ts'
export type {
  ExecutorOptions,
  MapOptions,
  PoolOptions,
  ProcessPoolOptions,
  ShutdownOptions,
  TaskOptions,
  ThreadPoolOptions,
} from './options.ts'
export type { DurationSummary, ExecutorStatistics } from './statistics.ts'
export type { Submission } from './submission.ts'
export { ThreadPoolExecutor } from './threads/thread-pool.ts'
