export {
  BrokenExecutorError,
  ExecutorShutdownError,
  NotSerializableError,
  PoolDeadlockError,
  QueueFullError,
} from './errors.ts'
export type { WorkerExit } from './errors.ts'
export { PoolEventEmitter } from './events.ts'
export type { PoolEvents, WorkerExitEvent } from './events.ts'
export { registerErrorClass } from './error-decoder.ts'
export type { ErrorClass } from './error-decoder.ts'
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
export { PoolExecutor } from './pool.ts'
export type { Sent } from './pool.ts'
export { ProcessPoolExecutor } from './processes/process-pool.ts'
export type { DurationSummary, ExecutorStatistics } from './statistics.ts'
export type { Submission } from './submission.ts'
export { taskSignal } from './task-signal.ts'
export { ThreadPoolExecutor } from './threads/thread-pool.ts'
export { defaultExecutor, toThread } from './default-executor.ts'
export { openDoor, runCoroutineThreadsafe, threadsafeDoor } from './door/threadsafe-door.ts'
export type { ThreadsafeDoor, DoorStatistics } from './door/threadsafe-door.ts'
export type { CallbackRef, DoorClient, DoorHandle } from './door/door-client.ts'
