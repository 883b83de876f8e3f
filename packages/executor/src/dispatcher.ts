/**
 * Decides which worker gets which task, and when.
 *
 * Everything submitted in a turn is handed out together at its end: each worker gets its share in one go, as much as is
 * expected to keep it busy for AHEAD_MS. When a worker runs dry while another still has tasks that have not started, they
 * are taken back and shared out again, so no task waits behind a long one while a worker is free:
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
import { runningLoop } from '@loop/core'
import type { ChannelFactory, Leftovers, Unsendable } from './channel.ts'
import { BrokenExecutorError, describeExit, type WorkerExit } from './errors.ts'
import { AHEAD_MS, isBrief } from './estimates.ts'
import { Examiner } from './examiner.ts'
import type { FunctionReference } from './functions/reference.ts'
import type { InitializerSpec } from './initializer.ts'
import { Ledger } from './ledger.ts'
import { PoolWorker, type WorkerOwner } from './pool-worker.ts'
import { ProgressWatch } from './progress-watch.ts'
import type { Task, TaskOwner } from './task.ts'
import { TaskQueue } from './task-queue.ts'

/** Asked once: it is a system call. */
const CORES = availableParallelism()

/** Workers that may die one after the other before they did any work; a fault that strikes three times is no accident. */
const FAILED_STARTS = 3

/** The size and naming of a pool. */
export interface DispatcherSettings {
  readonly maxWorkers: number
  readonly minWorkers: number
  readonly idleTimeout: number
  readonly maxTasksPerWorker: number
  readonly namePrefix: string
  readonly initializer: InitializerSpec | null
  readonly now: () => number
  readonly makeChannel: ChannelFactory
}

export class Dispatcher implements TaskOwner, WorkerOwner {
  readonly queue = new TaskQueue()
  readonly ledger = new Ledger()
  /** Counts the turns at whose end tasks were handed out. */
  turn = 0
  /** Why the pool takes no more work, when it is broken. */
  broken: BrokenExecutorError | null = null
  private readonly workers = new Set<PoolWorker>()
  private readonly examiner = new Examiner(() => {
    this.arm()
  })
  private readonly watch = new ProgressWatch((stuck) => {
    for (const worker of stuck) if (worker.load >= 2 && worker.state === 'ready') this.takeBack(worker)
    this.arm()
  })
  private armed = false
  /** The function that was answered last; says what kind of work this is. */
  private latest: FunctionReference | null = null
  private made = 0
  private failedStarts = 0
  /** Set once no more work is taken; called when the last worker is gone. */
  private whenEmpty: (() => void) | null = null

  constructor(private readonly settings: DispatcherSettings) {
    const { initializer, minWorkers } = settings
    if (initializer !== null) this.examiner.add(initializer.fn)
    if (minWorkers > 0) this.arm()
  }

  /** Takes a task; it is handed out at the end of the turn. */
  add(task: Task): void {
    this.ledger.counts.submitted++
    this.examiner.add(task.fn)
    this.queue.push(task)
    this.arm()
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
    for (const worker of this.workers) this.queue.giveBack(worker.takeBack())
    for (let task = this.queue.shift(); task !== undefined; task = this.queue.shift()) {
      this.ledger.cancel(task, 'the executor was shut down')
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
    const examined = this.examiner.done()
    if (this.mayStart(examined)) this.startWorkers()
    if (examined) this.shareOut()
    for (const worker of this.workers) {
      this.refuse(worker, worker.channel.flush())
      worker.updateKeepAlive(worker.state === 'starting' && this.queue.size > 0)
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
    for (const worker of this.workers) {
      if (!worker.open) continue
      open.push(worker)
      total += worker.load
    }
    if (open.length === 0) return
    const share = Math.ceil(total / open.length)
    for (const worker of open) {
      while (worker.load < share && queue.size > 0 && worker.hasRoom) this.giveNext(worker)
    }
  }

  /** Hands the next task to `worker`; one that cannot be shipped fails here. */
  private giveNext(worker: PoolWorker): void {
    const task = this.queue.shift()!
    const { problem } = task.fn
    if (problem === null) worker.give(task)
    else this.ledger.fail(task, problem)
  }

  /** Tasks that could not be copied fail; their workers never saw them. */
  private refuse(worker: PoolWorker, unsendable: readonly Unsendable[]): void {
    // They made room that no answer will announce.
    if (unsendable.length > 0) this.arm()
    for (const { task, error } of unsendable) {
      worker.unload(task)
      this.ledger.fail(task, error)
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
      if (worker.aheadMs > AHEAD_MS / 4) taken = this.takeBack(worker) || taken
      else this.watch.add(worker)
    }
    if (taken) this.fill()
  }

  private takeBack(worker: PoolWorker): boolean {
    const tasks = worker.takeBack()
    if (tasks.length === 0) return false
    // Only the answer of what still runs makes it take tasks again.
    worker.stuck = worker.load > 0
    this.queue.giveBack(tasks)
    return true
  }

  // ---------------------------------------------------------------- workers

  /** Starts the workers that the work at hand wants, but never more at once than the machine starts in parallel. */
  private startWorkers(): void {
    const { maxWorkers } = this.settings
    const work = Math.max(this.settings.minWorkers, this.queue.size === 0 ? 0 : this.queue.size + this.running)
    // More workers than cores help tasks that wait; brief ones do not.
    const useful = this.latest !== null && isBrief(this.latest) ? Math.min(maxWorkers, CORES) : maxWorkers
    let starting = 0
    for (const worker of this.workers) if (worker.state === 'starting') starting++
    const wanted = Math.min(useful, work)
    for (; this.workers.size < wanted && starting < CORES && this.broken === null; starting++) this.startWorker()
  }

  /** Workers start while the parser loads, unless it must look at their initializer first. */
  private mayStart(examined: boolean): boolean {
    const { initializer } = this.settings
    if (this.broken !== null || (this.whenEmpty !== null && this.queue.size === 0)) return false
    if (initializer === null) return true
    if (!examined) return false
    const { problem } = initializer.fn
    if (problem !== null) this.break('the initializer of the pool cannot be shipped', { exitCode: null, signal: null, cause: problem })
    return problem === null
  }

  private startWorker(): void {
    const { namePrefix, maxTasksPerWorker, now, makeChannel } = this.settings
    try {
      this.workers.add(new PoolWorker(`${namePrefix}-${++this.made}`, this, maxTasksPerWorker, now, makeChannel))
    } catch (cause) {
      this.break('a worker could not be started', { exitCode: null, signal: null, cause })
    }
  }

  workerReady(worker: PoolWorker): void {
    this.rest(worker)
    this.arm()
  }

  initializerFailed(_worker: PoolWorker, error: unknown): void {
    this.break('the initializer of the pool failed', { exitCode: null, signal: null, cause: error })
  }

  taskSucceeded(task: Task, value: unknown, startedAt: number, ranMs: number): void {
    this.latest = task.fn
    this.ledger.ran(task, startedAt, ranMs)
    this.ledger.succeed(task, value)
  }

  taskFailed(task: Task, error: unknown, startedAt: number, ranMs: number): void {
    this.latest = task.fn
    this.ledger.ran(task, startedAt, ranMs)
    this.ledger.fail(task, error)
  }

  stopped(_task: Task, reason: Error, waited: boolean): void {
    this.ledger.stopped(reason)
    if (!waited) return
    this.queue.forget()
    this.settleDown()
  }

  workerProgressed(worker: PoolWorker): void {
    if (worker.spent) worker.leave()
    else if (worker.load === 0) this.rest(worker)
    if (this.queue.size > 0 || this.workers.size > 1) this.arm()
    else worker.updateKeepAlive(false)
    this.settleDown()
  }

  workerExited(worker: PoolWorker, exit: WorkerExit, leftovers: Leftovers, asked: boolean): void {
    this.workers.delete(worker)
    for (const task of leftovers.unstarted) task.leaveWorker()
    this.queue.giveBack(leftovers.unstarted.filter((task) => !task.settled))
    this.ledger.lose(leftovers.lost, exit)
    if (!asked) this.crashed(worker, exit, leftovers.lost.length > 0)
    this.arm()
    this.settleDown()
  }

  private crashed(worker: PoolWorker, exit: WorkerExit, worked: boolean): void {
    this.ledger.counts.crashed++
    if (worked || worker.answers > 0) this.failedStarts = 0
    else if (++this.failedStarts >= FAILED_STARTS) {
      this.break(`${FAILED_STARTS} workers in a row ended before they did any work (${describeExit(exit)})`, exit)
    }
  }

  /** Ends the pool: nothing can be run any more. */
  private break(what: string, exit: WorkerExit): void {
    if (this.broken !== null) return
    this.broken = new BrokenExecutorError(`${what}; the executor takes no more work`, exit, 0)
    for (let task = this.queue.shift(); task !== undefined; task = this.queue.shift()) {
      this.ledger.refuse(task, what, exit)
    }
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
