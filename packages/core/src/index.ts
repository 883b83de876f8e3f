export { READABLE, WRITABLE } from './contracts/selector.ts'
export type {
  AnyFunction,
  Clock,
  Executor,
  OrderPolicy,
  SignalSource,
  SubmitOptions,
  ThreadDoor,
} from './contracts/services.ts'
export type {
  ExceptionContext,
  LoopObserver,
  LoopStatistics,
  Runnable,
  ScheduledInfo,
  TickWatcher,
  TurnInfo,
} from './contracts/observe.ts'
export type {
  Interest,
  Pollable,
  ReadyEvent,
  ReadyEvents,
  Registration,
  Selector,
  SelectorSupports,
  Source,
  Token,
} from './contracts/selector.ts'
export type { Awaitable, Coroutine, CoroutineFunction, ResultOf, Suspension, Waitable } from './task/awaitable.ts'
export { asCompleted } from './combine/as-completed.ts'
export type { AsCompletedOptions } from './combine/as-completed.ts'
export { monotonicClock } from './host/host.ts'
export { call, coroutine } from './task/coroutine.ts'
export { describe, describeFully, messageOf } from './base/describe.ts'
export { describeRunnable } from './inspect/inspect.ts'
export type { RunnableDescription } from './inspect/inspect.ts'
export { describeTask } from './inspect/inspect.ts'
export type { AwaitedDescription, TaskDescription } from './inspect/inspect.ts'
export type { DrainChoice } from './host/drain.ts'
export { ensureFuture } from './task/ensure-future.ts'
export {
  CancelledError,
  isCancellation,
  InvalidStateError,
  LoopClosedError,
  LoopError,
  NotSupportedError,
  TimeoutError,
} from './base/errors.ts'
export { Future } from './task/future.ts'
export { gather } from './combine/gather.ts'
export type { Gathered, GatherOptions } from './combine/gather.ts'
export { Handle, TimerHandle } from './turn/handle.ts'
export { HostSelector } from './host/host-selector.ts'
export type { Host, HostTimer } from './host/host.ts'
export { nodeHost } from './host/host.ts'
export { EventLoop, getRunningLoop, runningLoop } from './loop/event-loop.ts'
export type { LoopExceptionHandler } from './loop/event-loop.ts'
export type { LoopOptions } from './loop/options.ts'
export { nameOfRunnable } from './turn/observed-turn.ts'
export { resolveAsIs } from './base/with-resolvers.ts'
export { ReadyQueue } from './base/ready-queue.ts'
export { ReusableWait } from './task/reusable-wait.ts'
export { run, Runner } from './loop/run.ts'
export type { LoopFactory, RunOptions } from './loop/run.ts'
export { shield } from './combine/shield.ts'
export type { Cancellable } from './turn/scope.ts'
export { sleep } from './task/sleep.ts'
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
} from './contracts/streams.ts'
export type { StreamTls, TlsContext, TlsFacts, TlsSession, TlsSide, TlsStart } from './contracts/streams.ts'
export { Task } from './task/task.ts'
export type { TaskOptions } from './task/task.ts'
export { TaskGroup, taskGroup } from './combine/task-group.ts'
export type { TaskGroupBody } from './combine/task-group.ts'
export { allTasks, currentTask } from './task/tasks.ts'
export { Timeout, timeout, timeoutAt } from './combine/timeout.ts'
export type { TimeoutBody } from './combine/timeout.ts'
export { TimerHeap } from './base/timer-heap.ts'
export type { TimerItem } from './base/timer-heap.ts'
export { wait } from './combine/wait.ts'
export type { Waited, WaitOptions, ReturnWhen } from './combine/wait.ts'
export { waitFor } from './combine/wait-for.ts'
export { wrapPromise } from './task/promise-future.ts'
export type { Foreign } from './task/promise-future.ts'
