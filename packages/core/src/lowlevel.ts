/**
 * For those who build selectors, loops, transports and monitors: the contracts, and the parts a loop is made of.
 * Programs need none of it.
 */
export type {
  ExceptionContext,
  LoopObserver,
  LoopStatistics,
  Runnable,
  ScheduledInfo,
  TickWatcher,
  TurnInfo,
} from './contracts/observe.ts'
export { READABLE, WRITABLE } from './contracts/selector.ts'
export type {
  Interest,
  Pollable,
  ReadyEvent,
  ReadyEvents,
  Registration,
  Resolver,
  Selector,
  SelectorSupports,
  Source,
  Token,
} from './contracts/selector.ts'
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
  StreamTls,
  TlsContext,
  TlsFacts,
  TlsSession,
  TlsSide,
  TlsStart,
} from './contracts/streams.ts'
export { checkCoroutineFunction } from './base/checks.ts'
export { describe, describeFully, messageOf } from './base/describe.ts'
export { ReadyQueue } from './base/ready-queue.ts'
export { TimerHeap } from './base/timer-heap.ts'
export type { TimerItem } from './base/timer-heap.ts'
export { resolveAsIs } from './base/with-resolvers.ts'
export { HostSelector } from './host/host-selector.ts'
export { monotonicClock, nodeHost, wallClock } from './host/host.ts'
export type { Host, HostTimer } from './host/host.ts'
export { nameOfRunnable } from './turn/observed-turn.ts'
export type { Cancellable } from './turn/scope.ts'
export { ReusableWait } from './task/reusable-wait.ts'
export { describeRunnable, describeTask } from './inspect/inspect.ts'
export type { AwaitedDescription, RunnableDescription, TaskDescription } from './inspect/inspect.ts'
