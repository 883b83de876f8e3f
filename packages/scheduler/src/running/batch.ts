/**
 * Runs that are due at one wake-up and end without pending share one task; the first that waits gets it for itself, and
 * the rest another one. They begin in the order in which they came.
 *
 * The lightest of them are those of plain intervals on the memory store: no retry, no limit, no listener. Such a run
 * needs no occurrence in a store, no lease and no record that anybody could take over; what is left is the call, its
 * catch and the job's counters. If its handler turns out to wait, it becomes a run like all others.
 */
import type { Coroutine, Task } from '@loop/core'
import { currentTask } from '@loop/core'
import { isWaitable } from '../base/invoke.ts'
import type { Job } from '../jobs/job.ts'
import { HandlerRun } from '../jobs/job-run.ts'
import type { SchedulerContext } from './context.ts'
import { Execution } from './execution.ts'
import type { Lease, RunRecord } from '../store/store.ts'
import { occurrenceKey } from '../store/store.ts'
import { isCancelled, storableText } from '../base/thrown.ts'

/** What a batch needs of the dispatcher. */
export interface BatchOwner {
  add(job: Job, lease: Lease, asked: number, watched: null): Execution
  /** Carries out a run whose handler was called already. */
  resume(run: Execution): Coroutine<void>
  finish(run: Execution, record: RunRecord): void
  /** Counts a batch as a run in progress, until `leave`. */
  enter(): void
  leave(): void
}

/** Runs that are due at one wake-up: those that end without waiting share one task. */
export class Batch {
  /** Runs, and jobs of which a light run is due at the epoch time in `moments`; lists that are used again and again. */
  private items: (Execution | Job | null)[] = []
  private moments: number[] = []
  private count = 0
  private spareItems: (Execution | Job | null)[] = []
  private spareMoments: number[] = []

  constructor(
    private readonly context: SchedulerContext,
    private readonly dispatcher: BatchOwner,
  ) {}

  /** Begins a run in the next turn. */
  add(run: Execution): void {
    this.push(run, 0)
  }

  /** Begins a light run of a job in the next turn. */
  addLight(job: Job, scheduledFor: number): void {
    const { count } = this
    if (count === 0) {
      this.push(job, scheduledFor)
      return
    }
    this.moments[count] = scheduledFor
    this.items[count] = job
    this.count = count + 1
  }

  private push(item: Execution | Job, moment: number): void {
    this.moments[this.count] = moment
    this.items[this.count] = item
    if (this.count++ > 0) return
    this.dispatcher.enter()
    this.context.loop.createTask(this.serve)
  }

  private readonly serve = function* (this: Batch): Coroutine<void> {
    const { loop, wall } = this.context
    const { items, moments, count, dispatcher } = this
    this.items = this.spareItems
    this.moments = this.spareMoments
    this.count = 0
    const task = currentTask()!
    let time = loop.time()
    const ahead = wall.now() - time
    let next = 0
    let pending: Execution | null = null
    let free = true
    while (next < count && free) {
      const item = items[next]!
      items[next] = null
      const moment = moments[next++]!
      if (item instanceof Execution) {
        free = this.beginRun(item, task)
        if (item.record === null) pending = item
        time = loop.time()
        continue
      }
      // Cancelled, or begun by hand, since it was due.
      if (item.phase === 'removed' || (item.active.length > 0 && this.emitOverlap(item, moment))) continue
      task.setName(item.name)
      const startedAt = ahead + time
      const handlerRun = new HandlerRun(loop, task, item.definition, moment, 0, startedAt, 1)
      try {
        const made: unknown = item.definition.handler(handlerRun)
        if (typeof made === 'object' && isWaitable(made)) {
          pending = this.promote(item, moment, made, handlerRun, task)
          break
        }
        const end = loop.time()
        item.noteLight('success', made, null, startedAt, end - time)
        time = end
      } catch (error) {
        this.failed(item, moment, error, startedAt, (time = loop.time()) + ahead)
        free = task.cancelling() === 0
      }
      if (handlerRun.signalTaken) free = false
    }
    // The task is somebody's now: whoever holds its signal, or the run that waits in it.
    for (; next < count; next++) this.push(items[next]!, moments[next]!)
    this.spareItems = items
    this.spareMoments = moments
    dispatcher.leave()
    if (pending !== null) yield* dispatcher.resume(pending)
  }.bind(this)

  /** Begins a run; false when the task cannot serve another one. */
  private beginRun(run: Execution, task: Task): boolean {
    run.task = task
    task.setName(run.job.name)
    const record = run.begin()
    run.job.isAsync ||= record === null
    if (record === null) return false
    this.dispatcher.finish(run, record)
    return !run.marked && task.cancelling() === 0
  }

  private emitOverlap(job: Job, scheduledFor: number): boolean {
    this.context.events.emit('overlap', { name: job.name, scheduledFor: new Date(scheduledFor), action: 'skipped' })
    return true
  }

  /** A run like all others, for a light one whose handler waits. */
  private promote(job: Job, scheduledFor: number, made: object, handlerRun: HandlerRun, task: Task): Execution {
    job.isAsync = true
    const run = this.dispatcher.add(job, this.context.store.start(job.name, scheduledFor) as Lease, 0, null)
    run.task = task
    run.resume(made, handlerRun)
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
