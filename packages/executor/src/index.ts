export {
  BrokenExecutorError,
  ExecutorShutdownError,
  NotSerializableError,
  PoolDeadlockError,
  QueueLimitError,
} from './errors.ts'
export type { WorkerExit } from './errors.ts'
export { PoolEventEmitter } from './pool/events.ts'
export type { PoolEvents, WorkerExitEvent } from './pool/events.ts'
export { registerErrorClass } from './transfer/error-decoder.ts'
export type { ErrorClass } from './transfer/error-decoder.ts'
export { defineTask, moduleTasks } from './functions/module-tasks.ts'
export type { ModuleTasks } from './functions/module-tasks.ts'
export { InlineExecutor } from './inline/inline-executor.ts'
export type { InlineExecutorOptions } from './inline/inline-executor.ts'
export type {
  ExecutorOptions,
  MapOptions,
  PoolOptions,
  ProcessPoolOptions,
  ShutdownOptions,
  TaskOptions,
  ThreadPoolOptions,
  WorkerOutput,
} from './options.ts'
export { PoolExecutor } from './pool/pool.ts'
export type { Sent } from './pool/pool.ts'
export { ProcessPoolExecutor } from './processes/process-pool.ts'
export type { DurationSummary, ExecutorStatistics } from './pool/statistics.ts'
export type { Submission } from './pool/submission.ts'
export { taskSignal } from './worker/task-signal.ts'
export { ThreadPoolExecutor } from './threads/thread-pool.ts'
export { defaultExecutor, toThread } from './threads/default-executor.ts'
export { openDoor, runCoroutineThreadsafe, threadsafeDoor } from './threadsafe/threadsafe-door.ts'
export type { ThreadsafeDoor, DoorStatistics } from './threadsafe/threadsafe-door.ts'
export type { CallbackRef, DoorClient, DoorHandle } from './threadsafe/door-client.ts'
