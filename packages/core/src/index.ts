export { READABLE, WRITABLE } from './contracts.ts'
export type {
  AnyFunction,
  Clock,
  ExceptionContext,
  Executor,
  Interest,
  LoopObserver,
  LoopStatistics,
  OrderPolicy,
  Pollable,
  ReadyEvent,
  ReadyEvents,
  Registration,
  Runnable,
  ScheduledInfo,
  Selector,
  SelectorSupports,
  SignalSource,
  Source,
  SubmitOptions,
  ThreadDoor,
  TickWatcher,
  Token,
  TurnInfo,
} from './contracts.ts'
export type { Awaitable, Coroutine, CoroutineFunction, ResultOf, Suspension, Waitable } from './awaitable.ts'
export { asCompleted } from './as-completed.ts'
export type { AsCompletedOptions } from './as-completed.ts'
export { monotonicClock } from './clock.ts'
export { call, coroutine } from './coroutine.ts'
export { describe, describeFully, messageOf } from './describe.ts'
export { describeRunnable } from './describe-runnable.ts'
export type { RunnableDescription } from './describe-runnable.ts'
export { describeTask } from './describe-task.ts'
export type { AwaitedDescription, TaskDescription } from './describe-task.ts'
export type { DrainChoice } from './drain.ts'
export { ensureFuture } from './ensure-future.ts'
export {
  CancelledError,
  isCancellation,
  InvalidStateError,
  LoopClosedError,
  LoopError,
  NotSupportedError,
  TimeoutError,
} from './errors.ts'
export { Future } from './future.ts'
export { gather } from './gather.ts'
export type { Gathered, GatherOptions } from './gather.ts'
export { Handle, TimerHandle } from './handle.ts'
export { HostSelector } from './host-selector.ts'
export type { Host, HostTimer } from './host.ts'
export { nodeHost } from './host.ts'
export { EventLoop, getRunningLoop, runningLoop } from './loop.ts'
export type { LoopExceptionHandler } from './loop.ts'
export type { LoopOptions } from './loop-options.ts'
export { nameOfRunnable } from './observed-turn.ts'
export { resolveAsIs } from './open-promise.ts'
export { ReadyQueue } from './ready-queue.ts'
export { ReusableWait } from './reusable-wait.ts'
export { run, Runner } from './run.ts'
export type { LoopFactory, RunOptions } from './run.ts'
export { shield } from './shield.ts'
export type { Cancellable } from './scope.ts'
export { sleep } from './sleep.ts'
export type {
  Connection,
  ConnectionHandler,
  ConnectOptions,
  DatagramHandler,
  DatagramOptions,
  DatagramSocket,
  Listener,
  ListenerHandler,
  ListenOptions,
  SocketAddress,
  StreamInfo,
  StreamIo,
} from './stream-io.ts'
export type { StreamTls, TlsContext, TlsFacts, TlsSession, TlsSide, TlsStart } from './stream-tls.ts'
export { Task } from './task.ts'
export type { TaskOptions } from './task.ts'
export { TaskGroup, taskGroup } from './task-group.ts'
export type { TaskGroupBody } from './task-group.ts'
export { allTasks, currentTask } from './tasks.ts'
export { Timeout, timeout, timeoutAt } from './timeout.ts'
export type { TimeoutBody } from './timeout.ts'
export { TimerHeap } from './timer-heap.ts'
export type { TimerItem } from './timer-heap.ts'
export { wait } from './wait.ts'
export type { Waited, WaitOptions, ReturnWhen } from './wait.ts'
export { waitFor } from './wait-for.ts'
export { wrapPromise } from './wrap-promise.ts'
export type { Foreign } from './wrap.ts'
