/** One worker of a pool: its channel, what it was given, and its life cycle. */
import type { Channel, ChannelFactory, ChannelOwner, Leftovers } from './channel.ts'
import type { WorkerExit } from '../errors.ts'
import { AHEAD_MS, expectedMs, isBrief } from './estimates.ts'
import type { Definition } from '../worker/function-table.ts'
import type { AssignedWorker, Outcome, WorkItem } from './work-item.ts'

/** The initializer as a worker is given it. */
export interface Initializer {
  readonly definition: Definition
  readonly args: readonly unknown[]
}

/** What every worker is started with. */
export interface WorkerStart {
  readonly initializer: Initializer | null
  /** Addresses of modules to import before the first task. */
  readonly preload: readonly string[]
  /** Tasks that may be running at a time: one, and others while it waits. */
  readonly tasksPerWorker: number
  /** Bytes of its heap beyond which it wants to be replaced; 0 is no limit. */
  readonly maxHeapUsed: number
}

/** starting -> ready -> leaving -> gone; any state can go to gone. */
export type WorkerState = 'starting' | 'ready' | 'leaving' | 'gone'

/** Hears what happens in a worker: the dispatcher. */
export interface WorkerOwner {
  workerReady(worker: PoolWorker): void
  /** It takes no more tasks: those it has not started are to be taken back. */
  workerRetires(worker: PoolWorker): void
  workerPrinted(worker: PoolWorker, stream: 1 | 2, chunk: string | Uint8Array, written: () => void): void
  initializerFailed(worker: PoolWorker, error: unknown): void
  /** It has run a task; its answer follows. */
  workerRan(task: WorkItem, startedAt: number, ranMs: number): void
  workerProgressed(worker: PoolWorker): void
  /** `asked` says that the end was the pool's wish. */
  workerExited(worker: PoolWorker, exit: WorkerExit, leftovers: Leftovers, asked: boolean): void
}

/**
 * How long, in milliseconds, a worker without work still keeps the process alive: letting go and taking hold again for
 * every task of a client that waits for each would cost more than the hand-over of the task.
 */
const QUIET_MS = 1

export class PoolWorker implements ChannelOwner, AssignedWorker {
  state: WorkerState = 'starting'
  /** Tasks given and neither answered nor taken back. */
  load = 0
  /** Expected duration of its load, in milliseconds. */
  aheadMs = 0
  /** Tasks answered so far. */
  answers = 0
  /** Its tasks were taken back because it made no progress; it gets no more until it answers. */
  stuck = false
  /** The last look found that it had answered nothing since the one before. */
  held = false
  readonly channel: Channel
  /** When it was started, on the shared clock. */
  readonly since: number
  private given = 0
  /** Those of its tasks that were not known to be brief. */
  private long = 0
  private retired = false
  private awake = false
  private awaited = false
  private quietTimer: ReturnType<typeof setTimeout> | null = null
  private idleTimer: ReturnType<typeof setTimeout> | null = null

  constructor(
    readonly name: string,
    private readonly owner: WorkerOwner,
    private readonly limits: { readonly maxTasksPerWorker: number; readonly tasksPerWorker: number },
    private readonly now: () => number,
    makeChannel: ChannelFactory,
  ) {
    this.since = now()
    this.channel = makeChannel(name, this)
  }

  /**
   * Whether this task may be handed over now: to run at once, or to wait for a moment. `full` says that no more workers
   * are to come.
   */
  hasRoomFor(task: WorkItem, full: boolean): boolean {
    const { channel, load } = this
    const { tasksPerWorker } = this.limits
    if (!this.open || channel.held >= channel.capacity) return false
    if (load < tasksPerWorker) return true
    // What cannot be taken back is put behind brief tasks only, and not while a worker of its own could be started for
    // it.
    if (task.moves || !channel.revocable) return full && this.long === 0 && isBrief(task.fn) && this.aheadMs < AHEAD_MS
    return load - tasksPerWorker + 1 < channel.leastAhead || this.aheadMs < AHEAD_MS
  }

  /** Whether it takes tasks at all. */
  get open(): boolean {
    return this.state === 'ready' && !this.stuck && !this.retired && this.given < this.limits.maxTasksPerWorker
  }

  /** Tasks that wait in it for a place. */
  get waiting(): number {
    return Math.max(0, this.load - this.limits.tasksPerWorker)
  }

  give(task: WorkItem): void {
    task.worker = this
    task.expectedMs = expectedMs(task.fn) / this.limits.tasksPerWorker
    task.long = !isBrief(task.fn)
    if (task.long) this.long++
    this.given++
    this.load++
    this.aheadMs += task.expectedMs
    this.channel.send(task)
    task.watchTime(() => this.channel.startedAt(task), this.now)
  }

  /**
   * Takes back the tasks that have not started; all of them, those that can run nowhere else included, when it is for
   * good.
   */
  takeBack(forGood = false): readonly WorkItem[] {
    const tasks = this.channel.revokeAll(forGood)
    for (const task of tasks) {
      this.unload(task)
      task.leaveWorker()
    }
    return tasks
  }

  /** Takes one task back for good; true means that it never ran. */
  revoke(task: WorkItem): boolean {
    return this.channel.revoke(task)
  }

  /** The task's answer is not wanted any more. */
  abandon(task: WorkItem): void {
    if (this.channel.revoke(task)) this.unload(task)
    else if (task.options.kill === true) this.channel.kill()
    else this.channel.interrupt(task)
  }

  /** Asks the running task to stop. */
  interrupt(task: WorkItem): void {
    this.channel.interrupt(task)
  }

  /** It was given all the tasks it may run, or the pool shrinks. */
  leave(): void {
    if (this.state === 'gone' || this.state === 'leaving') return
    this.state = 'leaving'
    this.stopIdleTimer()
    this.channel.close()
  }

  /** Ends it now, because the pool wants it. */
  kill(): void {
    if (this.state === 'gone') return
    this.state = 'leaving'
    this.channel.kill()
  }

  /** Keeps the process alive while there is something to wait for, and QUIET_MS longer. */
  updateKeepAlive(awaited: boolean): void {
    this.awaited = awaited
    if (this.needed) {
      if (!this.awake) this.channel.keepAlive((this.awake = true))
    } else if (this.awake && this.quietTimer === null) this.quietTimer = setTimeout(this.onQuiet, QUIET_MS)
  }

  private get needed(): boolean {
    return this.load > 0 || this.awaited || this.state === 'leaving'
  }

  private readonly onQuiet = (): void => {
    this.quietTimer = null
    if (!this.needed && this.awake && this.state !== 'gone') this.channel.keepAlive((this.awake = false))
  }

  /** Calls `whenIdle` after `ms` without work. */
  startIdleTimer(ms: number, whenIdle: () => void): void {
    if (this.idleTimer !== null || this.load > 0) return
    this.idleTimer = setTimeout(whenIdle, ms)
    this.idleTimer.unref()
  }

  stopIdleTimer(): void {
    if (this.idleTimer === null) return
    clearTimeout(this.idleTimer)
    this.idleTimer = null
  }

  /** Whether it has run all the tasks it may. */
  get spent(): boolean {
    return (this.retired || this.given >= this.limits.maxTasksPerWorker) && this.load === 0
  }

  // ---------------------------------------------------------------- called by the channel

  ready(): void {
    if (this.state !== 'starting') return
    this.state = 'ready'
    this.owner.workerReady(this)
  }

  retire(): void {
    if (this.retired) return
    this.retired = true
    this.owner.workerRetires(this)
  }

  output(stream: 1 | 2, chunk: string | Uint8Array, written: () => void): void {
    this.owner.workerPrinted(this, stream, chunk, written)
  }

  initializerFailed(error: unknown): void {
    this.owner.initializerFailed(this, error)
  }

  answered(task: WorkItem, outcome: Outcome, startedAt: number, ranMs: number): void {
    this.answers++
    this.stuck = false
    this.held = false
    this.unload(task)
    this.owner.workerRan(task, startedAt, ranMs)
    task.settle(outcome)
  }

  progressed(): void {
    this.owner.workerProgressed(this)
  }

  exited(exit: WorkerExit, leftovers: Leftovers): void {
    const asked = this.state === 'leaving'
    this.state = 'gone'
    this.stopIdleTimer()
    this.owner.workerExited(this, exit, leftovers, asked)
  }

  /** The task is no longer its to run. */
  unload(task: WorkItem): void {
    this.load--
    if (task.long) this.long--
    this.aheadMs = this.load === 0 ? 0 : this.aheadMs - task.expectedMs
  }
}
