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
 */
import { availableParallelism } from 'node:os'
import { CancelledError, runningLoop } from '@loop/core'
import type { ChannelFactory, Leftovers, Unsendable } from './channel.ts'
import { BrokenExecutorError, type WorkerExit } from './errors.ts'
import { AHEAD_MS, isBrief } from './estimates.ts'
import { type Analyser, loadAnalyser, loadedAnalyser } from './functions/load-analyser.ts'
import type { FunctionReference } from './functions/reference.ts'
import type { InitializerSpec } from './initializer.ts'
import { PoolWorker, type WorkerOwner } from './pool-worker.ts'
import { DurationHistogram } from './statistics.ts'
import type { Task, TaskOwner } from './task.ts'
import { TaskQueue } from './task-queue.ts'

/** Asked once: it is a system call. */
const CORES = availableParallelism()

/** Workers that may die one after the other before they did any work; a fault that strikes three times is no accident. */
const FAILED_STARTS = 3

/**
 * How long, in milliseconds, a worker with tasks behind the running one may make no progress before they are taken back,
 * though they were expected to be brief. Taking back costs microseconds, so the shortest timer there is.
 */
const WATCH_MS = 1

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

/** Counts that only grow. */
export interface Counts {
  submitted: number
  succeeded: number
  failed: number
  cancelled: number
  lost: number
  crashed: number
}

export class Dispatcher implements TaskOwner, WorkerOwner {
  readonly queue = new TaskQueue()
  readonly counts: Counts = { submitted: 0, succeeded: 0, failed: 0, cancelled: 0, lost: 0, crashed: 0 }
  readonly waitTime = new DurationHistogram()
  readonly runTime = new DurationHistogram()
  /** Counts the turns at whose end tasks were handed out. */
  turn = 0
  /** Why the pool takes no more work, when it is broken. */
  broken: BrokenExecutorError | null = null
  private readonly workers = new Set<PoolWorker>()
  private readonly unexamined = new Set<FunctionReference>()
  private armed = false
  private watch: { readonly worker: PoolWorker; readonly answers: number }[] = []
  private watching = false
  /** The function that was answered last; says what kind of work this is. */
  private latest: FunctionReference | null = null
  private made = 0
  private failedStarts = 0
  /** Set once no more work is taken; called when the last worker is gone. */
  private whenEmpty: (() => void) | null = null

  constructor(private readonly settings: DispatcherSettings) {
    const { initializer, minWorkers } = settings
    if (initializer?.fn.unexamined === true) this.unexamined.add(initializer.fn)
    if (minWorkers > 0) this.arm()
  }

  /** Takes a task; it is handed out at the end of the turn. */
  add(task: Task): void {
    this.counts.submitted++
    if (task.fn.unexamined) this.unexamined.add(task.fn)
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
      this.counts.cancelled++
      task.fail(new CancelledError('the executor was shut down'))
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
    const examined = this.examined()
    if (this.mayStart(examined)) this.startWorkers()
    if (examined) this.shareOut()
    for (const worker of this.workers) {
      this.refuse(worker, worker.channel.flush())
      worker.updateKeepAlive(worker.state === 'starting' && this.queue.size > 0)
    }
    this.settleDown()
  }

  /** Whether every function in the queue was examined; the parser is loaded for the first one. */
  private examined(): boolean {
    if (this.unexamined.size === 0) return true
    const analyser = loadedAnalyser()
    if (analyser === null) {
      void loadAnalyser().then(() => {
        this.arm()
      })
      return false
    }
    this.examine(analyser)
    return true
  }

  private examine(analyser: Analyser): void {
    for (const fn of this.unexamined) fn.examine(analyser)
    this.unexamined.clear()
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
    if (problem === null) {
      worker.give(task)
      return
    }
    this.counts.failed++
    task.fail(problem)
  }

  /** Tasks that could not be copied fail; their workers never saw them. */
  private refuse(worker: PoolWorker, unsendable: readonly Unsendable[]): void {
    // They made room that no answer will announce.
    if (unsendable.length > 0) this.arm()
    for (const { task, error } of unsendable) {
      worker.unload(task)
      if (!task.settled) this.counts.failed++
      task.fail(error)
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
      else this.watchProgress(worker)
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

  private watchProgress(worker: PoolWorker): void {
    this.watch.push({ worker, answers: worker.answers })
    if (this.watching) return
    this.watching = true
    setTimeout(this.lookAtWatched, WATCH_MS).unref()
  }

  private readonly lookAtWatched = (): void => {
    const { watch } = this
    this.watch = []
    this.watching = false
    for (const { worker, answers } of watch) {
      if (worker.load >= 2 && worker.answers === answers && worker.state === 'ready') this.takeBack(worker)
    }
    this.arm()
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
    this.note(task, startedAt, ranMs)
    if (task.settled) return
    this.counts.succeeded++
    task.succeed(value)
  }

  taskFailed(task: Task, error: unknown, startedAt: number, ranMs: number): void {
    this.note(task, startedAt, ranMs)
    if (task.settled) return
    this.counts.failed++
    task.fail(error)
  }

  stopped(_task: Task, reason: Error, waited: boolean): void {
    if (reason instanceof CancelledError) this.counts.cancelled++
    else this.counts.failed++
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
    this.lose(leftovers.lost, exit)
    if (!asked) this.crashed(worker, exit, leftovers.lost.length > 0)
    this.arm()
    this.settleDown()
  }

  private lose(tasks: readonly Task[], exit: WorkerExit): void {
    const lost = tasks.filter((task) => !task.settled)
    for (const task of lost) {
      this.counts.lost++
      task.fail(new BrokenExecutorError(`${task.title}: its worker ended (${describeExit(exit)}) before it answered`, exit, lost.length))
    }
  }

  private crashed(worker: PoolWorker, exit: WorkerExit, worked: boolean): void {
    this.counts.crashed++
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
      this.counts.lost++
      task.fail(new BrokenExecutorError(`${task.title} was not run: ${what}`, exit, 0))
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

  private note(task: Task, startedAt: number, ranMs: number): void {
    task.fn.ran(ranMs)
    this.latest = task.fn
    this.waitTime.record(startedAt - task.submittedAt)
    this.runTime.record(ranMs)
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

/** How a worker ended, for people. */
function describeExit(exit: WorkerExit): string {
  const how = exit.signal === null ? `exit code ${String(exit.exitCode)}` : `signal ${exit.signal}`
  return exit.cause instanceof Error ? `${how}, ${exit.cause.message}` : how
}
