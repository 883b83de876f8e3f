/**
 * Runs that are due at one wake-up and end without waiting share one task; the first that waits gets it for itself, and
 * the rest another one. They begin in the order in which they came.
 *
 * The lightest of them are those of plain intervals on the memory store: no retry, no limit, no listener. Such a run
 * needs no occurrence in a store, no lease and no record that anybody could take over; what is left is the call, its
 * catch and the job's counters. If its handler turns out to wait, it becomes a run like all others.
 */
import type { Coroutine, Task } from '@loop/core'
import { currentTask } from '@loop/core'
import { isWaitable } from './invoke.ts'
import type { Job } from './job.ts'
import { HandlerRun } from './job-run.ts'
import type { RunContext } from './run.ts'
import { Run } from './run.ts'
import type { Lease, RunRecord } from './store.ts'
import { occurrenceKey } from './store.ts'
import { isCancelled, storableText } from './thrown.ts'

/** What a batch needs of the runner. */
export interface BatchOwner {
  add(job: Job, lease: Lease, asked: number, watched: null): Run
  goOn(run: Run): Coroutine<void>
  finish(run: Run, record: RunRecord): void
  hold(): void
  letGo(): void
}

/** See the top of the file. */
export class Batch {
  /** Runs, and jobs of which a light run is due at the epoch time in `moments`; lists that are used again and again. */
  private items: (Run | Job | null)[] = []
  private moments: number[] = []
  private count = 0
  private spareItems: (Run | Job | null)[] = []
  private spareMoments: number[] = []

  constructor(
    private readonly context: RunContext,
    private readonly runner: BatchOwner,
  ) {}

  /** Begins a run in the next turn. */
  add(run: Run): void {
    this.push(run, 0)
  }

  /** Begins a light run of a job in the next turn. */
  addLight(job: Job, scheduledFor: number): void {
    this.push(job, scheduledFor)
  }

  private push(item: Run | Job, moment: number): void {
    this.moments[this.count] = moment
    this.items[this.count] = item
    if (this.count++ > 0) return
    this.runner.hold()
    this.context.loop.createTask(this.serve)
  }

  private readonly serve = function* (this: Batch): Coroutine<void> {
    const { loop, wall } = this.context
    const { items, moments, count, runner } = this
    this.items = this.spareItems
    this.moments = this.spareMoments
    this.count = 0
    const task = currentTask()!
    let time = loop.time()
    const ahead = wall.now() - time
    let next = 0
    let waiting: Run | null = null
    let free = true
    while (next < count && free) {
      const item = items[next]!
      items[next] = null
      const moment = moments[next++]!
      if (item instanceof Run) {
        free = this.begin(item, task)
        if (item.record === null) waiting = item
        time = loop.time()
        continue
      }
      // Cancelled, or begun by hand, since it was due.
      if (item.phase === 'removed' || (item.active.length > 0 && this.overlaps(item, moment))) continue
      task.setName(item.name)
      const startedAt = ahead + time
      const told = new HandlerRun(loop, task, item.definition, moment, 0, startedAt, 1)
      try {
        const made: unknown = item.definition.handler(told)
        if (typeof made === 'object' && isWaitable(made)) {
          waiting = this.heavy(item, moment, made, told, task)
          break
        }
        const end = loop.time()
        item.noteLight('success', made, null, startedAt, end - time)
        time = end
      } catch (error) {
        this.failed(item, moment, error, startedAt, (time = loop.time()) + ahead)
        free = task.cancelling() === 0
      }
      if (told.signalTaken) free = false
    }
    // The task is somebody's now: whoever holds its signal, or the run that waits in it.
    for (; next < count; next++) this.push(items[next]!, moments[next]!)
    this.spareItems = items
    this.spareMoments = moments
    runner.letGo()
    if (waiting !== null) yield* runner.goOn(waiting)
  }.bind(this)

  /** Begins a run; false when the task cannot serve another one. */
  private begin(run: Run, task: Task): boolean {
    run.task = task
    task.setName(run.job.name)
    const record = run.begin()
    run.job.waits ||= record === null
    if (record === null) return false
    this.runner.finish(run, record)
    return !run.marked && task.cancelling() === 0
  }

  private overlaps(job: Job, scheduledFor: number): boolean {
    this.context.events.emit('overlap', { name: job.name, scheduledFor: new Date(scheduledFor), action: 'skipped' })
    return true
  }

  /** A run like all others, for a light one whose handler waits. */
  private heavy(job: Job, scheduledFor: number, made: object, told: HandlerRun, task: Task): Run {
    job.waits = true
    const run = this.runner.add(job, this.context.store.start(job.name, scheduledFor) as Lease, 0, null)
    run.task = task
    run.goOn(made, told)
    return run
  }

  private failed(job: Job, scheduledFor: number, error: unknown, startedAt: number, endedAt: number): void {
    const { loop, events } = this.context
    const { name } = job
    const outcome: RunRecord['outcome'] = isCancelled(error) ? 'cancelled' : 'failure'
    job.noteLight(outcome, null, storableText(error), startedAt, endedAt - startedAt)
    if (outcome === 'cancelled') return
    if (events.heard('failure')) {
      const key = occurrenceKey(name, scheduledFor)
      events.emit('failure', { name, key, scheduledFor: new Date(scheduledFor), attempt: 1, error, retryIn: null })
    } else loop.callExceptionHandler({ message: `job "${name}" failed`, exception: error, job: name })
  }
}
