/** What became of the tasks of a pool: gives them their answers, and counts each task exactly once. */
import { CancelledError } from '@loop/core'
import { BrokenExecutorError, describeExit, type WorkerExit } from './errors.ts'
import { DurationHistogram } from './statistics.ts'
import type { Task } from './task.ts'

/** Counts that only grow. */
export interface Counts {
  submitted: number
  succeeded: number
  failed: number
  cancelled: number
  lost: number
  crashed: number
}

export class Ledger {
  readonly counts: Counts = { submitted: 0, succeeded: 0, failed: 0, cancelled: 0, lost: 0, crashed: 0 }
  readonly waitTime = new DurationHistogram()
  readonly runTime = new DurationHistogram()

  /** A run has ended; times are milliseconds. */
  ran(task: Task, startedAt: number, ranMs: number): void {
    task.fn.ran(ranMs)
    this.waitTime.record(startedAt - task.submittedAt)
    this.runTime.record(ranMs)
  }

  succeed(task: Task, value: unknown): void {
    if (task.settled) return
    this.counts.succeeded++
    task.succeed(value)
  }

  fail(task: Task, error: unknown): void {
    if (task.settled) return
    this.counts.failed++
    task.fail(error)
  }

  cancel(task: Task, message: string): void {
    if (task.settled) return
    this.counts.cancelled++
    task.fail(new CancelledError(message))
  }

  /** The tasks that a worker took with it. */
  lose(tasks: readonly Task[], exit: WorkerExit): void {
    const lost = tasks.filter((task) => !task.settled)
    for (const task of lost) {
      this.counts.lost++
      task.fail(
        new BrokenExecutorError(
          `${task.title}: its worker ended (${describeExit(exit)}) before it answered`,
          exit,
          lost.length,
        ),
      )
    }
  }

  /** Tasks that had not started, but whose objects had moved to a worker that ended. */
  loseEmptied(tasks: readonly Task[], exit: WorkerExit): void {
    for (const task of tasks) {
      if (task.settled) continue
      this.counts.lost++
      const what = `its worker ended (${describeExit(exit)}), and what was moved to it is gone; submit it again with new objects`
      task.fail(new BrokenExecutorError(`${task.title} was not run: ${what}`, exit, 0))
    }
  }

  /** A task that a broken pool will not run. */
  refuse(task: Task, what: string, exit: WorkerExit): void {
    this.counts.lost++
    task.fail(new BrokenExecutorError(`${task.title} was not run: ${what}`, exit, 0))
  }

  /** The task has ended itself. */
  stopped(reason: Error): void {
    if (reason instanceof CancelledError) this.counts.cancelled++
    else this.counts.failed++
  }
}
