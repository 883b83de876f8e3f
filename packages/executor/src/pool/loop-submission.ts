import { type EventLoop, Future } from '@loop/core'
import type { Submission } from './submission.ts'
import type { WorkItem } from './work-item.ts'

/**
 * The submission inside a running loop: a future of that loop, so that what awaits it goes on in a handle, in the
 * loop's order, and a task that is cancelled while it waits cancels it.
 *
 * As asyncio's `run_in_executor`: cancelling always ends the future, and removes the work if it has not started.
 */
export class LoopSubmission<T> extends Future<T> implements Submission<T> {
  /** @internal */
  task: WorkItem | null = null

  constructor(loop: EventLoop) {
    super(loop.state)
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.task?.cancel(message)
    return true
  }

  /** @internal */
  readonly succeed = (value: unknown): void => {
    if (!this.done()) this.setResult(value as T)
  }

  /** @internal */
  readonly fail = (error: unknown): void => {
    if (!this.done()) this.setException(error)
  }
}
