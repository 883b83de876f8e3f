import { checkCallback, checkCoroutineFunction } from '../base/checks.ts'
import { InvalidStateError, isCancellation } from '../base/errors.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { requireRunning } from '../turn/running.ts'
import type { Driver, Scope } from '../turn/scope.ts'
import type { Awaitable, Coroutine, CoroutineFunction } from '../task/awaitable.ts'
import { DRIVER } from '../task/awaitable.ts'
import { coroutine, inScope } from '../task/coroutine.ts'
import type { Future } from '../task/future.ts'
import type { TaskOptions } from '../task/task.ts'
import { Task } from '../task/task.ts'
import { Joining } from './joining.ts'

/**
 * Tasks that end together: the group ends when all of them have. The first failure cancels the others and the body.
 */
export class TaskGroup {
  private readonly tasks = new Set<Task>()
  private readonly errors: unknown[] = []
  private aborting = false
  private exiting = false
  private parentCancelled = false
  private cancelRequested = false
  private allDone: Future<undefined> | null = null

  /** @internal Use `taskGroup`. */
  constructor(
    private readonly state: LoopState,
    private readonly scope: Scope,
  ) {}

  /** Starts a task in the group. Throws InvalidStateError when the group has ended or is ending by a failure. */
  createTask<T>(coroutineFunction: CoroutineFunction<T>, options?: TaskOptions): Task<T> {
    if (this.exiting && this.tasks.size === 0) throw new InvalidStateError('the task group is finished')
    if (this.aborting) throw new InvalidStateError('the task group is shutting down')
    checkCoroutineFunction(coroutineFunction, 'createTask')
    const task = new Task<T>(this.state, coroutineFunction, options)
    this.tasks.add(task as Task)
    task.addDoneCallback(() => {
      this.taskDone(task as Task)
    })
    return task
  }

  /** Cancels the tasks and the body; the group then ends without an error of its own. */
  cancel(): void {
    if (this.cancelRequested || (this.exiting && this.tasks.size === 0)) return
    this.cancelRequested = true
    this.abort('the task group was cancelled')
    if (!this.exiting && !this.parentCancelled) this.cancelParent('the task group was cancelled')
  }

  /** @internal Waits for the tasks after the body ended, with `failed` telling whether `error` was thrown. */
  *exit(failed: boolean, error: unknown): Coroutine<void> {
    this.exiting = true
    const bodyCancelled = failed && isCancellation(error) !== null
    let propagate: unknown = bodyCancelled ? error : null
    if (failed && !this.aborting)
      this.abort(bodyCancelled ? 'the body of the task group was cancelled' : 'the body of the task group failed')
    while (this.tasks.size > 0) {
      this.allDone = new Joining(this.state, 'taskGroup()', () => this.tasks)
      try {
        yield* this.allDone
      } catch (cancellation) {
        if (isCancellation(cancellation) === null) throw cancellation
        if (!this.aborting || this.cancelRequested) {
          propagate = cancellation
          this.abort('the task group was cancelled')
        }
      }
      this.allDone = null
    }
    // The request that this group made of its parent is withdrawn; one of somebody else goes on.
    if (this.parentCancelled) {
      this.scope.withdraw()
      if (this.scope.requested() === 0) propagate = null
    }
    if (propagate !== null && this.errors.length === 0) throw propagate
    if (failed && !bodyCancelled) this.errors.push(error)
    if (this.errors.length > 0) {
      this.scope.parent?.renew()
      throw new AggregateError(this.errors, `unhandled errors in a task group (${this.errors.length})`)
    }
  }

  private abort(reason: string): void {
    this.aborting = true
    for (const task of this.tasks) if (!task.done()) task.cancel(reason)
  }

  private cancelParent(reason: string): void {
    this.parentCancelled = true
    this.scope.request(reason)
  }

  private taskDone(task: Task): void {
    this.tasks.delete(task)
    if (this.tasks.size === 0 && this.allDone !== null && !this.allDone.done()) this.allDone.setResult(undefined)
    if (task.succeeded || task.cancelled()) return
    const exception = task.failure()
    this.errors.push(exception)
    const parent = this.scope.task as Task | null
    if (parent?.done() === true) {
      const message = `${task.getName()} failed, but its parent ${parent.getName()} is already done`
      this.state.report({ message, exception, future: task })
      return
    }
    if (this.aborting || this.parentCancelled) return
    const reason = `${task.getName()} failed in the task group`
    this.abort(reason)
    this.cancelParent(reason)
  }
}

/** The body of a task group, of either kind of coroutine function. */
export type TaskGroupBody<T> = (group: TaskGroup) => PromiseLike<T> | Coroutine<T>

/**
 * Runs `body` in the calling task, then waits for every task that was started in the group, and gives what `body` gave.
 * Throws AggregateError with all failures, or the CancelledError with which the calling task was cancelled.
 *
 * ```ts
 * await taskGroup(async (group) => {
 *   group.createTask(serve)
 *   group.createTask(report)
 * })
 * ```
 */
export function taskGroup<T>(body: TaskGroupBody<T>): Awaitable<T> {
  checkCallback(body, 'taskGroup')
  return coroutine(grouped(requireRunning('taskGroup()'), body))
}

function* grouped<T>(state: LoopState, body: TaskGroupBody<T>): Coroutine<T> {
  const driver = (yield DRIVER) as Driver
  const scope = driver.scope.open()
  const group = new TaskGroup(state, scope)
  // A scope of its own: when the body is left behind, its waits are not those of the group's end.
  const inner = scope.open()
  let result: T | undefined
  let failed = false
  let error: unknown
  try {
    result = yield* inScope(inner, driver, () => body(group))
  } catch (thrown) {
    failed = true
    error = thrown
  } finally {
    inner.close()
  }
  try {
    yield* inScope(scope, driver, () => group.exit(failed, error))
  } finally {
    scope.close()
  }
  return result as T
}
