/** What programs use. Parts for those who build selectors, loops and monitors are in lowlevel.ts. */
export type {
  ExceptionContext,
  LoopObserver,
  LoopStatistics,
  Runnable,
  ScheduledInfo,
  TurnInfo,
} from './contracts/observe.ts'
export type { Pollable, Selector, Source } from './contracts/selector.ts'
export type { AnyFunction, Clock, Executor, SignalSource, SubmitOptions, ThreadDoor } from './contracts/services.ts'
export {
  CancelledError,
  InvalidStateError,
  isCancellation,
  LoopClosedError,
  LoopError,
  NotSupportedError,
  TimeoutError,
} from './base/errors.ts'
export type { DrainChoice } from './host/drain.ts'
export { Handle, TimerHandle } from './turn/handle.ts'
export type { Awaitable, Coroutine, CoroutineFunction, ResultOf, Suspension, Waitable } from './task/awaitable.ts'
export { call, coroutine } from './task/coroutine.ts'
export { ensureFuture } from './task/ensure-future.ts'
export { Future } from './task/future.ts'
export { wrapPromise } from './task/promise-future.ts'
export type { Foreign } from './task/promise-future.ts'
export { sleep } from './task/sleep.ts'
export { Task } from './task/task.ts'
export type { TaskOptions } from './task/task.ts'
export { allTasks, currentTask } from './task/tasks.ts'
export { asCompleted } from './combine/as-completed.ts'
export type { AsCompletedOptions } from './combine/as-completed.ts'
export { gather } from './combine/gather.ts'
export type { Gathered, GatherOptions } from './combine/gather.ts'
export { shield } from './combine/shield.ts'
export { TaskGroup, taskGroup } from './combine/task-group.ts'
export type { TaskGroupBody } from './combine/task-group.ts'
export { Timeout, timeout, timeoutAt } from './combine/timeout.ts'
export type { TimeoutBody } from './combine/timeout.ts'
export { waitFor } from './combine/wait-for.ts'
export { wait } from './combine/wait.ts'
export type { ReturnWhen, Waited, WaitOptions } from './combine/wait.ts'
export { EventLoop, getRunningLoop, runningLoop } from './loop/event-loop.ts'
export type { LoopExceptionHandler } from './loop/event-loop.ts'
export type { LoopOptions } from './loop/options.ts'
export { run, Runner } from './loop/run.ts'
export type { LoopFactory, RunOptions } from './loop/run.ts'
