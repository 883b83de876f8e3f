/**
 * A trace in Chrome's format, which chrome://tracing and ui.perfetto.dev open as it is:
 *
 *     loop        turns, and within each the callbacks and task steps it ran
 *     tasks       each task from its creation to its end
 *     executor    each piece of work from submission to its end
 */
import process from 'node:process'
import { threadId } from 'node:worker_threads'
import type { EventLoop, Executor, LoopObserver, Runnable, SubmitOptions, Task, TurnInfo } from '@loop/core'
import { Future, getRunningLoop } from '@loop/core'
import { describeRunnable } from '@loop/core/lowlevel'
import { TraceFile } from './trace-file.ts'

/** The format counts microseconds. */
const US_PER_MS = 1000

/**
 * Writes what `loop`, the running one by default, does to `file`, until it is disposed of. Observing times every
 * handle, so it is for a while and not for ever. Throws what opening the file throws.
 *
 * ```ts
 * using trace = traceTo('trace.json')
 * loop.setDefaultExecutor(trace.executor(pool))
 * ```
 */
export function traceTo(file: string | URL, loop: EventLoop = getRunningLoop()): Trace {
  return new Trace(file, loop)
}

/** See {@link traceTo}. */
export class Trace implements Disposable {
  private readonly file: TraceFile
  private readonly observing: Disposable
  private readonly ids = new Map<object, number>()
  private lastId = 0

  /** @internal */
  constructor(file: string | URL, loop: EventLoop) {
    this.file = new TraceFile(file)
    this.name('process_name', process.title)
    this.name('thread_name', 'loop')
    this.observing = loop.addObserver(this.observer())
  }

  /** The same executor, with its work in the trace: pass it to `runInExecutor` or `setDefaultExecutor`. */
  executor(executor: Executor): Executor {
    return {
      submit: (fn, args, options?: SubmitOptions) => {
        const work = executor.submit(fn, args, options)
        const name = options?.name ?? (fn.name === '' ? '(anonymous)' : fn.name)
        this.begin('executor', work, name)
        const ended = (): void => {
          this.end('executor', work, name)
        }
        // A future is not awaited here: the task that submits would be taken to wait for it, and its error for seen.
        if (work instanceof Future) work.addDoneCallback(ended)
        else void work.then(ended, ended)
        return work
      },
      shutdown: (options) => executor.shutdown(options),
    }
  }

  /** Stops observing and closes the file. Tasks and work that have not ended have no end in it. */
  close(): void {
    this.observing[Symbol.dispose]()
    this.file.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  private observer(): LoopObserver {
    let turnStarted = 0
    return {
      turnStarted: () => {
        turnStarted = performance.now()
      },
      turnEnded: ({ turn, events, timers, handles }: TurnInfo) => {
        this.span('turn', `turn ${turn}`, performance.now() - turnStarted, { events, timers, handles })
      },
      handleEnded: (runnable: Runnable, duration: number) => {
        const { kind, name, source } = describeRunnable(runnable)
        this.span(kind, name, duration, source === undefined ? {} : { source })
      },
      taskCreated: (task) => {
        this.begin('task', task, (task as Task).getName())
      },
      taskDone: (task) => {
        this.end('task', task, (task as Task).getName())
      },
    }
  }

  /** Something that lasted for `ms` milliseconds and has ended now. */
  private span(category: string, name: string, ms: number, args: object): void {
    this.add({ ph: 'X', cat: category, name, ts: (performance.now() - ms) * US_PER_MS, dur: ms * US_PER_MS, args })
  }

  private begin(category: string, what: object, name: string): void {
    const id = ++this.lastId
    this.ids.set(what, id)
    this.add({ ph: 'b', cat: category, name, id, ts: performance.now() * US_PER_MS })
  }

  /** Nothing for what began before the trace. */
  private end(category: string, what: object, name: string): void {
    const id = this.ids.get(what)
    if (id === undefined) return
    this.ids.delete(what)
    this.add({ ph: 'e', cat: category, name, id, ts: performance.now() * US_PER_MS })
  }

  private name(kind: 'process_name' | 'thread_name', name: string): void {
    this.add({ ph: 'M', name: kind, args: { name } })
  }

  private add(event: object): void {
    this.file.add({ pid: process.pid, tid: threadId, ...event })
  }
}
