import type { WorkItem } from './work-item.ts'

/**
 * The answer of work submitted to an executor: a promise of the function's result that can be cancelled.
 *
 * Inside a running loop `submit` returns the loop's Future instead, which has the same two abilities.
 */
export interface Submission<T> extends Promise<T> {
  /**
   * Cancels the work: true when the submission ends with CancelledError, false when it was too late.
   *
   * Waiting work is removed and never runs. Running work goes on and keeps its answer, unless `cancelRunning` or `kill`
   * was asked for.
   */
  cancel(message?: string): boolean
}

/** The submission outside any loop. */
export class PromiseSubmission<T> extends Promise<T> implements Submission<T> {
  /** @internal Set right after construction; Promise's own constructor cannot take it. */
  task: WorkItem | null = null

  cancel(message?: string): boolean {
    return this.task?.cancel(message) ?? false
  }
}

// `await` takes its direct path only for objects whose constructor is Promise itself, and `then` makes its result with
// that constructor: so derived promises are plain ones, and awaiting a submission costs what awaiting a promise does.
Object.defineProperty(PromiseSubmission.prototype, 'constructor', { value: Promise, configurable: true })
