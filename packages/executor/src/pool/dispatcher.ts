/**
 * Decides which worker gets which task, and when.
 *
 * Everything submitted in a turn is handed out together at its end: each worker gets its share in one go, as much as is
 * expected to keep it busy for AHEAD_MS. When a worker runs dry while another still has tasks that have not started,
 * they are taken back and shared out again, so no task waits behind a long one while a worker is free:
 *
 *     submit ─> queue ─(end of turn)─> share out ─> worker ─> answer
 *                 ^                                   │
 *                 └──── taken back, or left by a crash ┘
 *
 * A worker that dies fails only what it was running; the rest returns to the queue, and a new worker takes its place.
 *
 * Long because handing out, taking back, replacing and ending move the same tasks between the same queue and workers.
 */
import { availableParallelism } from 'node:os'
import { CancelledError, runningLoop } from '@loop/core'
import type { ChannelFactory, Leftovers, Unsendable } from './channel.ts'
import { BrokenExecutorError, describeExit, type WorkerExit } from '../errors.ts'
import { AHEAD_MS, isBrief } from './estimates.ts'
import { PendingFunctions } from '../functions/pending-functions.ts'
import type { FunctionReference } from '../functions/reference.ts'
import type { InitializerSpec } from './initializer.ts'
import { Nesting } from './nesting.ts'
import { PoolWorker, type WorkerOwner } from './pool-worker.ts'
import { ProgressWatch } from './progress-watch.ts'
import { ResponseWatch } from './response-watch.ts'
import { DurationHistogram, type Counts } from './statistics.ts'
import type { Outcome, WorkItem, WorkItemOwner } from './work-item.ts'
import { WorkQueue } from './work-queue.ts'

/** Asked once: it is a system call. */
const CORES = availableParallelism()

/**
 * How long, in milliseconds, a worker may make no progress while tasks behind it can be taken back. Taking them back
 * costs microseconds, so the shortest timer there is.
 */
const STUCK_MS = 1

/**
 * How long, in milliseconds, a worker may make no progress before one more is started for what waits, and how long one
 * may take to start before it no longer counts as starting: shorter than anybody notices, longer than a collection of
 * garbage.
 */
const HELD_MS = 10
const START_MS = 50

/**
 * Workers that may die one after the other before they did any work; a fault that strikes three times is no accident.
 */
const FAILED_STARTS = 3
/** How long, in milliseconds, after a failed start the next one is tried when there is no worker at all. */
const RETRY_MS = 50

/** The size and naming of a pool. */
export interface DispatcherSettings {
  readonly maxWorkers: number
  readonly minWorkers: number
  readonly idleTimeout: number
  readonly maxTasksPerWorker: number
  readonly tasksPerWorker: number
  readonly namePrefix: string
  readonly initializer: InitializerSpec | null
  readonly now: () => number
  readonly makeChannel: ChannelFactory
}

/** Hears what happens in the pool. */
export interface DispatcherOwner {
  workerStarted(worker: PoolWorker): void
  workerExited(worker: PoolWorker, exit: WorkerExit, asked: boolean, lost: number): void
  /** It took none of its tasks, and is replaced; they run elsewhere. */
  workerUnresponsive(worker: PoolWorker): void
  printed(worker: PoolWorker, stream: 1 | 2, chunk: string | Uint8Array, written: () => void): void
  /** Nothing waits and nothing runs any more. */
  drained(): void
}

export class Dispatcher implements WorkItemOwner, WorkerOwner {
  readonly queue = new WorkQueue()
  readonly counts: Counts = { submitted: 0, succeeded: 0, failed: 0, cancelled: 0, lost: 0, crashed: 0 }
  readonly waitTime = new DurationHistogram()
  readonly runTime = new DurationHistogram()
  /** Counts the turns at whose end tasks were handed out. */
  turn = 0
  /** Why the pool takes no more work, when it is broken. */
  broken: BrokenExecutorError | null = null
  private readonly workers = new Set<PoolWorker>()
  private readonly pendingFunctions = new PendingFunctions(() => {
    this.arm()
  })
  private readonly stuckWatch = new ProgressWatch(STUCK_MS, (stuck) => {
    for (const worker of stuck) if (worker.load >= 2 && worker.state === 'ready') this.takeBack(worker)
    this.arm()
  })
  private readonly heldWatch = new ProgressWatch(HELD_MS, (held) => {
    for (const worker of held) {
      worker.held = worker.load > 0
      if (worker.load >= 2 && worker.state === 'ready') this.takeBack(worker)
    }
    this.arm()
  })
  private readonly responseWatch = new ResponseWatch((worker) => {
    this.owner.workerUnresponsive(worker)
    worker.kill()
  })
  /** Some task was submitted since the pool was drained. */
  private busy = false
  private aborted = false
  /** Who waits for the pool to be ready. */
  private readyWaiters: { readonly resolve: () => void; readonly reject: (reason: Error) => void }[] = []
  private readonly nesting: Nesting
  private armed = false
  /** The function that was answered last; says what kind of work this is. */
  private latest: FunctionReference | null = null
  private made = 0
  private failedStarts = 0
  /** Set once no more work is taken; called when the last worker is gone. */
  private whenEmpty: (() => void) | null = null

  constructor(
    private readonly settings: DispatcherSettings,
    private readonly owner: DispatcherOwner,
  ) {
    const { initializer, minWorkers } = settings
    this.nesting = new Nesting(settings.maxWorkers * settings.tasksPerWorker)
    if (initializer !== null) this.pendingFunctions.add(initializer.fn)
    if (minWorkers > 0) this.arm()
  }

  /** Takes a task; it is handed out at the end of the turn. */
  add(task: WorkItem): void {
    this.counts.submitted++
    this.busy = true
    this.nesting.submitted(task)
    this.pendingFunctions.add(task.fn)
    this.queue.push(task)
    this.arm()
  }

  /** A task that fails before it is queued. */
  refuseAtOnce(task: WorkItem, problem: Error): void {
    this.counts.submitted++
    task.settle({ status: 'failed', value: problem })
  }

  /** Resolves when `minWorkers` have started; rejects when the pool is broken. */
  whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.readyWaiters.push({ resolve, reject })
      this.notifyReady()
      this.arm()
    })
  }

  private notifyReady(): void {
    if (this.readyWaiters.length === 0) return
    let ready = 0
    for (const worker of this.workers) if (worker.state === 'ready') ready++
    if (this.broken === null && ready < this.settings.minWorkers) return
    for (const waiter of this.readyWaiters.splice(0)) {
      if (this.broken === null) waiter.resolve()
      else waiter.reject(this.broken)
    }
  }

  /** Tasks handed to workers and not answered. */
  get running(): number {
    let sum = 0
    for (const worker of this.workers) sum += worker.load
    return sum
  }

  get size(): number {
    return this.workers.size
  }

  get idle(): number {
    let sum = 0
    for (const worker of this.workers) if (worker.load === 0) sum++
    return sum
  }

  /** Cancels every task that has not started. */
  cancelWaiting(): void {
    for (const worker of this.workers) this.queue.giveBack(worker.takeBack(true))
    for (let task = this.queue.shift(); task !== undefined; task = this.queue.shift()) {
      task.settle(shutDown())
    }
    this.settleDown()
  }

  /** Lets the workers go when the work is done, then calls `done`. */
  finish(done: () => void): void {
    this.whenEmpty = done
    this.settleDown()
  }

  /** Ends everything now: what waits is cancelled, what runs is lost. */
  abort(): void {
    this.aborted = true
    this.cancelWaiting()
    this.killAll()
  }

  // ---------------------------------------------------------------- the end of a turn

  /** Makes `dispatch` run once at the end of this turn: the running loop's, or Node's. */
  private arm(): void {
    if (this.armed) return
    this.armed = true
    const loop = runningLoop()
    if (loop === null) process.nextTick(this.dispatch)
    else {
      loop.callSoon(this.dispatch)
      // A loop that stops now has no next turn.
      setImmediate(this.dispatch)
    }
  }

  private readonly dispatch = (): void => {
    if (!this.armed) return
    this.armed = false
    this.turn++
    const examined = this.pendingFunctions.done()
    if (examined) this.shareOut()
    if (this.mayStart(examined)) this.startWorkers()
    const awaited = this.queue.size > 0 || this.readyWaiters.length > 0
    for (const worker of this.workers) {
      this.refuse(worker, worker.channel.flush())
      if (worker.load > 0) this.responseWatch.add(worker)
      worker.updateKeepAlive(worker.state === 'starting' && awaited)
    }
    this.settleDown()
  }

  private shareOut(): void {
    this.fill()
    if (this.queue.size === 0) this.helpIdleWorkers()
  }

  /** Gives every open worker its share of the queue. */
  private fill(): void {
    const { queue } = this
    const open: PoolWorker[] = []
    let total = queue.size
    // Whether no worker is still to come.
    let full = this.workers.size >= this.settings.maxWorkers
    for (const worker of this.workers) {
      if (worker.state === 'starting') full = false
      if (!worker.open) continue
      open.push(worker)
      total += worker.load
    }
    if (open.length === 0) return
    const share = Math.ceil(total / open.length)
    for (const worker of open) {
      for (
        let next = queue.peek();
        next !== undefined && worker.load < share && worker.hasRoomFor(next, full);
        next = queue.peek()
      ) {
        this.giveNext(worker)
      }
    }
  }

  /** Hands the next task to `worker`; one that cannot be shipped fails here. */
  private giveNext(worker: PoolWorker): void {
    const task = this.queue.shift()!
    const { problem } = task.fn
    if (problem === null) worker.give(task)
    else task.settle({ status: 'failed', value: problem })
  }

  /** Tasks that could not be copied fail; their workers never saw them. */
  private refuse(worker: PoolWorker, unsendable: readonly Unsendable[]): void {
    // They made room that no answer will announce.
    if (unsendable.length > 0) this.arm()
    for (const { task, error } of unsendable) {
      worker.unload(task)
      task.settle({ status: 'failed', value: error })
    }
  }

  // ---------------------------------------------------------------- taking back

  /** Whether some worker has nothing to do, or could be started. */
  private get spare(): boolean {
    for (const worker of this.workers) if (worker.open && worker.load === 0) return true
    return this.workers.size < this.settings.maxWorkers
  }

  /** Takes back what waits behind long tasks while a worker is free; looks again soon where they should be brief. */
  private helpIdleWorkers(): void {
    if (this.workers.size < 2 || !this.spare) return
    let taken = false
    for (const worker of this.workers) {
      if (worker.load < 2 || worker.stuck || !worker.channel.revocable) continue
      // Where several may run at a time, only the lack of progress says that some wait.
      if (this.settings.tasksPerWorker > 1) this.heldWatch.add(worker)
      else if (worker.aheadMs > AHEAD_MS / 4) taken = this.takeBack(worker) || taken
      else this.stuckWatch.add(worker)
    }
    if (taken) this.fill()
  }

  private takeBack(worker: PoolWorker): boolean {
    const tasks = worker.takeBack()
    // Only the answer of what still runs makes it take tasks again.
    worker.stuck = worker.load > 0 && (tasks.length > 0 || worker.waiting > 0)
    if (tasks.length === 0) return false
    this.queue.giveBack(tasks)
    return true
  }

  // ---------------------------------------------------------------- workers

  /**
   * Starts the workers that the work at hand wants, but not more at once than the machine starts in parallel. While
   * tasks wait and there may be more workers, it is looked at again in HELD_MS: what was to be brief may take for ever.
   */
  private startWorkers(): void {
    const { maxWorkers, minWorkers, tasksPerWorker, now } = this.settings
    const { queue, workers } = this
    let held = 0
    let starting = 0
    let inside = 0
    // What waits must stay where it is put, so it is not put behind anything while there can be more workers.
    let pinned = queue.peek()?.moves === true
    const time = now()
    for (const worker of workers) {
      if (!worker.channel.revocable) pinned = true
      if (worker.held) held++
      if (worker.state === 'starting' && time - worker.since < START_MS) starting++
      inside += worker.waiting
    }
    const outstanding = queue.size + this.running
    // At least one, however many places a worker has.
    const work = outstanding === 0 ? 0 : Math.max(1, Math.ceil(outstanding / tasksPerWorker))
    // More workers than cores help tasks that wait; brief ones do not, while they move on.
    const brief = this.latest !== null && isBrief(this.latest)
    const useful = brief && !pinned ? Math.min(maxWorkers, CORES + held) : maxWorkers
    const wanted = Math.min(useful, held > 0 && queue.size > 0 ? Math.max(work, workers.size + 1) : work)
    const target = Math.max(wanted, minWorkers)
    for (; workers.size < target && starting < CORES && this.broken === null; starting++) if (!this.startWorker()) break
    const more = workers.size < maxWorkers && queue.size + inside > 0
    if (more || workers.size < target) for (const worker of workers) this.heldWatch.add(worker)
  }

  /** Workers start while the parser loads, unless it must look at their initializer first. */
  private mayStart(examined: boolean): boolean {
    const { initializer } = this.settings
    if (this.broken !== null || (this.whenEmpty !== null && this.queue.size === 0)) return false
    if (initializer === null) return true
    if (!examined) return false
    const { problem } = initializer.fn
    if (problem !== null)
      this.break('the initializer of the pool cannot be shipped', { exitCode: null, signal: null, cause: problem })
    return problem === null
  }

  private startWorker(): boolean {
    const { namePrefix, now, makeChannel } = this.settings
    try {
      this.workers.add(new PoolWorker(`${namePrefix}-${++this.made}`, this, this.settings, now, makeChannel))
      return true
    } catch (cause) {
      // The machine may be short of processes or memory for a moment; while there are workers, the work goes on.
      if (this.workers.size > 0) return false
      if (++this.failedStarts >= FAILED_STARTS)
        this.break('a worker could not be started', { exitCode: null, signal: null, cause })
      else
        setTimeout(() => {
          this.arm()
        }, RETRY_MS)
      return false
    }
  }

  workerReady(worker: PoolWorker): void {
    this.rest(worker)
    this.owner.workerStarted(worker)
    this.notifyReady()
    this.arm()
  }

  workerRetires(worker: PoolWorker): void {
    this.takeBack(worker)
    if (worker.spent) worker.leave()
    this.arm()
  }

  workerPrinted(worker: PoolWorker, stream: 1 | 2, chunk: string | Uint8Array, written: () => void): void {
    this.owner.printed(worker, stream, chunk, written)
  }

  initializerFailed(_worker: PoolWorker, error: unknown): void {
    this.break('the initializer of the pool failed', { exitCode: null, signal: null, cause: error })
  }

  workerRan(task: WorkItem, startedAt: number, ranMs: number): void {
    this.latest = task.fn
    this.failedStarts = 0
    task.fn.ran(ranMs)
    this.waitTime.record(startedAt - task.submittedAt)
    this.runTime.record(ranMs)
  }

  settled(task: WorkItem, { status }: Outcome): void {
    this.counts[status]++
    this.nesting.ended(task)
  }

  leftQueue(): void {
    this.queue.forget()
    this.notifyDrained()
    this.settleDown()
  }

  private notifyDrained(): void {
    if (!this.busy || this.queue.size > 0 || this.running > 0) return
    this.busy = false
    this.owner.drained()
  }

  workerProgressed(worker: PoolWorker): void {
    if (worker.spent) worker.leave()
    else if (worker.load === 0) this.rest(worker)
    if (this.queue.size > 0 || this.workers.size > 1) this.arm()
    else worker.updateKeepAlive(false)
    this.notifyDrained()
    this.settleDown()
  }

  workerExited(worker: PoolWorker, exit: WorkerExit, leftovers: Leftovers, asked: boolean): void {
    this.workers.delete(worker)
    for (const task of leftovers.unstarted) {
      task.leaveWorker()
      if (!task.settled) this.comeBack(task)
    }
    this.lose(leftovers, exit)
    this.owner.workerExited(worker, exit, asked, leftovers.lost.length + leftovers.emptied.length)
    if (!asked) this.crashed(worker, exit, leftovers.lost.length > 0)
    this.arm()
    this.notifyDrained()
    this.settleDown()
  }

  /** The tasks that a worker took with it. */
  private lose({ lost, emptied }: Leftovers, exit: WorkerExit): void {
    const how = `its worker ended (${describeExit(exit)})`
    const unsettled = lost.filter((task) => !task.settled)
    for (const task of unsettled) {
      const message = `${task.title}: ${how} before it answered`
      task.settle({ status: 'lost', value: new BrokenExecutorError(message, exit, unsettled.length) })
    }
    for (const task of emptied)
      task.settle(notRun(task, `${how}, and what was moved to it is gone; submit it again with new objects`, exit))
  }

  /** The task has not started, and its worker is gone. */
  private comeBack(task: WorkItem): void {
    if (this.broken !== null)
      task.settle(notRun(task, 'the pool is broken', { exitCode: null, signal: null, cause: this.broken }))
    else if (this.aborted) task.settle(shutDown())
    else this.queue.giveBack([task])
  }

  private crashed(worker: PoolWorker, exit: WorkerExit, worked: boolean): void {
    this.counts.crashed++
    // Ctrl+C that came before the worker could pass over it says nothing against the worker.
    const interrupted = exit.signal === 'SIGINT' || exit.signal === 'SIGHUP'
    if (worked || worker.answers > 0 || interrupted) this.failedStarts = 0
    else if (++this.failedStarts >= FAILED_STARTS) {
      this.break(`${FAILED_STARTS} workers in a row ended before they did any work (${describeExit(exit)})`, exit)
    }
  }

  /** Ends the pool: nothing can be run any more. */
  private break(what: string, exit: WorkerExit): void {
    if (this.broken !== null) return
    this.broken = new BrokenExecutorError(`${what}; the executor takes no more work`, exit, 0)
    for (let task = this.queue.shift(); task !== undefined; task = this.queue.shift()) {
      task.settle(notRun(task, what, exit))
    }
    this.notifyReady()
    this.killAll()
  }

  private killAll(): void {
    for (const worker of this.workers) worker.kill()
  }

  /** A worker without work: it may end after a while. */
  private rest(worker: PoolWorker): void {
    const { idleTimeout } = this.settings
    if (idleTimeout === Infinity) return
    worker.startIdleTimer(idleTimeout, () => {
      worker.stopIdleTimer()
      if (worker.load === 0 && this.workers.size > this.settings.minWorkers) worker.leave()
    })
  }

  /** After the end was asked for: lets idle workers go, and tells when nothing is left. */
  private settleDown(): void {
    const { whenEmpty } = this
    if (whenEmpty === null || this.queue.size > 0) return
    for (const worker of this.workers) if (worker.load === 0) worker.leave()
    if (this.workers.size > 0) return
    this.whenEmpty = null
    whenEmpty()
  }
}

/** The outcome of a task that no worker will run. */
function notRun(task: WorkItem, why: string, exit: WorkerExit): Outcome {
  return { status: 'lost', value: new BrokenExecutorError(`${task.title} was not run: ${why}`, exit, 0) }
}

function shutDown(): Outcome {
  return { status: 'cancelled', value: new CancelledError('the executor was shut down') }
}
