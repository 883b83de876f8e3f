/** What every executor of this package is: the public face of a dispatcher. */
import { runningLoop, type AnyFunction, type Executor } from '@loop/core'
import type { Channel, ChannelOwner } from './channel.ts'
import type { DoorClient } from '../threadsafe/door-client.ts'
import type { ThreadsafeDoor } from '../threadsafe/threadsafe-door.ts'
import { Dispatcher } from './dispatcher.ts'
import { ExecutorShutdownError, QueueLimitError, type WorkerExit } from '../errors.ts'
import { PoolEventEmitter } from './events.ts'
import { referenceOf, type FunctionReference } from '../functions/reference.ts'
import { LoopSubmission } from './loop-submission.ts'
import { mapInOrder } from './map.ts'
import { checkCount, checkDuration, checkTaskOptions } from '../options.ts'
import type { MapOptions, PoolOptions, ShutdownOptions, TaskOptions } from '../options.ts'
import { poolSettings, type PoolDefaults } from './pool-settings.ts'
import type { WorkerStart } from './pool-worker.ts'
import { UNRESPONSIVE_S } from './response-watch.ts'
import { OutputRouter } from './output-router.ts'
import type { ExecutorStatistics } from './statistics.ts'
import { PromiseSubmission, type Submission } from './submission.ts'
import { WorkItem } from './work-item.ts'
import { promiseTransfer } from '../transfer/transfer.ts'
import { createMonotonicClock } from '../worker/monotonic.ts'

/** Stacks of callers that are taken in each STACKS_MS milliseconds: about a fortieth of the time at most. */
const STACKS = 3
const STACKS_MS = 1

/** The arguments as they are submitted: a function that takes the thread's end of a door is given the door. */
export type Sent<A extends unknown[]> = { [I in keyof A]: A[I] extends DoorClient ? ThreadsafeDoor : A[I] }

/** Starts a worker of a kind of pool. */
type StartWorker = (name: string, owner: ChannelOwner, start: WorkerStart) => Channel

/**
 * Runs functions somewhere else and gives promises of their results. Dispose of it (`await using`), or call `shutdown`,
 * when its work is done; a pool without work does not keep the process alive.
 *
 * It emits `workerStart`, `workerExit`, `workerError` and `drained`, as `PoolEvents` says.
 */
export abstract class PoolExecutor extends PoolEventEmitter implements Executor, AsyncDisposable {
  private readonly settings: ReturnType<typeof poolSettings>
  private readonly dispatcher: Dispatcher
  private readonly now = createMonotonicClock()
  private readonly outputRouter: OutputRouter
  private ending: Promise<void> | null = null
  /** The dispatcher's turn that the next two belong to. */
  private turn = -1
  /** Time of the turn's first submission. */
  private turnTime = 0
  private stacksSince = -Infinity
  private stacksLeft = 0

  /** @internal */
  protected constructor(options: PoolOptions, defaults: PoolDefaults, startWorker: StartWorker) {
    super()
    const settings = (this.settings = poolSettings(options, defaults))
    this.outputRouter = new OutputRouter(settings.onOutput, (message, exception) => {
      this.report(message, exception)
    })
    this.dispatcher = new Dispatcher(
      { ...settings, now: this.now, makeChannel: (name, owner) => startWorker(name, owner, settings.start()) },
      {
        workerStarted: ({ name }) => {
          this.notify('workerStart', { worker: name })
        },
        workerExited: ({ name }, exit, asked, lost) => {
          this.workerExited(name, exit, asked, lost)
        },
        workerUnresponsive: ({ name }) => {
          const what = `it started none of its tasks for ${UNRESPONSIVE_S} s and was replaced; they run on other workers`
          this.workerFailed(name, new Error(`worker ${name}: ${what}`), `worker ${name} did not respond`)
        },
        printed: ({ name }, stream, chunk, written) => {
          this.outputRouter.print(name, stream, chunk, written)
        },
        drained: () => {
          this.notify('drained')
        },
      },
    )
  }

  /**
   * Runs `fn(...args)` on a worker and gives a promise of its result: `submit` without options, in the form of a call.
   *
   * @example
   * const work = moduleTasks<typeof import('../work.js')>(new URL('./work.js', import.meta.url))
   * app.get('/thumbnail/:id', async (request, response) => response.send(await pool.run(work.thumbnail,
   * request.params.id)))
   */
  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: Sent<NoInfer<A>>): Submission<Awaited<R>> {
    if (typeof fn !== 'function') throw new TypeError(`run takes a function, not ${typeof fn}`)
    return this.start(referenceOf(fn), args, undefined, this.run) as Submission<Awaited<R>>
  }

  /**
   * Runs `fn(...args)` on a worker and gives a promise of its result; in a running loop it is a future of that loop.
   *
   * `fn` is a self-contained function, which travels as source text, or one of `moduleTasks` or `defineTask`. Whatever
   * is wrong with one task arrives through its promise: NotSerializableError when the function, an argument or the
   * result cannot travel, BrokenExecutorError when the worker died, TimeoutError, CancelledError, and what the function
   * threw.
   *
   * Throws ExecutorShutdownError after `shutdown`, BrokenExecutorError when the pool is broken, QueueLimitError at
   * `queueLimit`, TypeError for arguments of the wrong kind.
   *
   * @example
   * const total = await pool.submit((n: number) => n * 2, [21])
   */
  submit<R>(fn: () => R): Submission<Awaited<R>>
  submit<A extends unknown[], R>(
    fn: (...args: A) => R,
    args: Sent<NoInfer<A>>,
    options?: TaskOptions,
  ): Submission<Awaited<R>>
  submit(fn: AnyFunction, args: readonly unknown[] = [], options?: TaskOptions): Submission<unknown> {
    if (typeof fn !== 'function') throw new TypeError(`submit takes a function, not ${typeof fn}`)
    if (!Array.isArray(args)) throw new TypeError('submit takes the arguments as an array: submit(fn, [1, 2])')
    return this.start(referenceOf(fn), args, options, this.submit)
  }

  /**
   * Runs `fn` on every item and yields the results in the order of the items; the error of an item is thrown at its
   * place. Items are taken as the results are, a few per worker ahead; leaving the loop cancels what has not started.
   *
   * @example
   * for await (const square of pool.map((n: number) => n * n, [1, 2, 3])) console.log(square)
   */
  map<T, R>(
    fn: (item: T) => R,
    items: Iterable<T> | AsyncIterable<T>,
    options: MapOptions = {},
  ): AsyncGenerator<Awaited<R>, void> {
    if (typeof fn !== 'function') throw new TypeError(`map takes a function, not ${typeof fn}`)
    checkCount('chunkSize', options.chunkSize, 1)
    const reference = referenceOf(fn)
    const { chunkSize = 1 } = options
    const submit = (chunk: readonly unknown[]): Submission<unknown> =>
      this.start(chunkSize === 1 ? reference : reference.overChunks(), chunk, options, this.map)
    // Two chunks a worker: one runs, one waits for it.
    const ahead =
      Math.min(2 * this.settings.maxWorkers * this.settings.tasksPerWorker, this.settings.queueLimit ?? Infinity) || 1
    return mapInOrder(submit, items, chunkSize, ahead) as AsyncGenerator<Awaited<R>, void>
  }

  /**
   * Takes no more work, lets the submitted work end (or cancels what has not started, with `cancelPending`), and ends
   * the workers. The promise resolves when they are gone, or at once with `wait: false`. May be called again, with more
   * force.
   */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkDuration('timeout', options.timeout)
    const { dispatcher } = this
    this.ending ??= new Promise<void>((resolve) => {
      dispatcher.finish(resolve)
    }).then(() => this.outputRouter.settled())
    if (options.cancelPending === true) dispatcher.cancelWaiting()
    if (options.timeout !== undefined) {
      const timer = setTimeout(() => {
        dispatcher.abort()
      }, options.timeout)
      void this.ending.then(() => {
        clearTimeout(timer)
      })
    }
    return options.wait === false ? Promise.resolve() : this.ending
  }

  /**
   * Resolves when `minWorkers` have started and imported what `preload` names: a server may wait for it before it
   * listens. Rejects with BrokenExecutorError when they cannot start.
   */
  ready(): Promise<void> {
    return this.dispatcher.whenReady()
  }

  /** What the executor has done and is doing. */
  statistics(): ExecutorStatistics {
    const { dispatcher } = this
    return Object.freeze({
      workers: dispatcher.size,
      idle: dispatcher.idle,
      waiting: dispatcher.queue.size,
      running: dispatcher.running,
      ...dispatcher.counts,
      waitTime: dispatcher.waitTime.summary(),
      runTime: dispatcher.runTime.summary(),
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }

  private start(
    fn: FunctionReference,
    args: readonly unknown[],
    options: TaskOptions | undefined,
    entry: AnyFunction,
  ): Submission<unknown> {
    this.checkOpen()
    if (options !== undefined) {
      checkTaskOptions(options)
      this.checkSupported(options)
    }
    const loop = runningLoop()
    if (loop === null) {
      let resolve!: (value: unknown) => void
      let reject!: (reason: unknown) => void
      const submission = new PromiseSubmission<unknown>((onValue, onError) => {
        resolve = onValue
        reject = onError
      })
      submission.task = this.enqueue(fn, args, options, entry, resolve, reject)
      return submission
    }
    const submission = new LoopSubmission<unknown>(loop)
    this.loop = loop
    submission.task = this.enqueue(fn, args, options, entry, submission.succeed, submission.fail)
    return submission
  }

  private enqueue(
    fn: FunctionReference,
    args: readonly unknown[],
    options: TaskOptions | undefined,
    entry: AnyFunction,
    resolve: (value: unknown) => void,
    reject: (reason: unknown) => void,
  ): WorkItem {
    const task = new WorkItem(this.dispatcher, fn, args, options, this.timeOfTurn(), resolve, reject)
    this.takeStack(task, entry)
    const problem = task.moves ? promiseTransfer(task) : null
    if (problem !== null) this.dispatcher.refuseAtOnce(task, problem)
    else {
      this.dispatcher.add(task)
      task.followSignals()
    }
    return task
  }

  /** Throws for options that this kind of executor cannot honour. */
  protected checkSupported(_options: TaskOptions): void {}

  private checkOpen(): void {
    const { dispatcher } = this
    if (dispatcher.broken !== null) throw dispatcher.broken
    if (this.ending !== null) throw new ExecutorShutdownError('the executor was shut down; it takes no more work')
    const { queueLimit } = this.settings
    if (queueLimit !== undefined && dispatcher.queue.size >= queueLimit) {
      throw new QueueLimitError(`${queueLimit} tasks wait already (queueLimit); submit later, or use map`)
    }
  }

  /** One reading of the clock serves all submissions of a turn. */
  private timeOfTurn(): number {
    const { dispatcher, settings } = this
    if (this.turn !== dispatcher.turn) {
      this.turn = dispatcher.turn
      this.turnTime = this.now()
      if (this.turnTime - this.stacksSince >= STACKS_MS) {
        this.stacksSince = this.turnTime
        this.stacksLeft = settings.callerStack === true ? Infinity : settings.callerStack === false ? 0 : STACKS
      }
    }
    return this.turnTime
  }

  private takeStack(task: WorkItem, entry: AnyFunction): void {
    if (this.stacksLeft <= 0) return
    this.stacksLeft--
    task.caller = {}
    Error.captureStackTrace(task.caller, entry)
  }

  private workerFailed(worker: string, error: unknown, message: string): void {
    this.notify('workerError', { worker, error })
    if (this.listenerCount('workerError') === 0) this.report(message, error)
  }

  private workerExited(worker: string, exit: WorkerExit, asked: boolean, lost: number): void {
    const { cause } = exit
    if (cause !== undefined) {
      // Tasks that failed with it carry it.
      if (lost > 0) this.notify('workerError', { worker, error: cause })
      else this.workerFailed(worker, cause, `worker ${worker} was ended by an uncaught error`)
    }
    this.outputRouter.forget(worker)
    this.notify('workerExit', { worker, ...exit, asked, lost })
  }
}
