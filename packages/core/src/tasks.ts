import { InvalidStateError } from './errors.ts'
import { requireRunning, runningState } from './running.ts'
import type { LoopState } from './state.ts'
import type { Task } from './task.ts'

/** The task that the calling code runs in, or null: outside tasks, and after an await that the loop knows nothing of. */
export function currentTask(): Task | null {
  return (runningState()?.currentTask() ?? null) as Task | null
}

/** The tasks of `loop`, or of the running loop, that are not done. Throws InvalidStateError when neither is there. */
export function allTasks(loop?: { readonly state: LoopState }): Set<Task> {
  const state = loop?.state ?? requireRunning('allTasks()')
  return new Set(state.tasks as Iterable<Task>)
}

/** The current task; throws InvalidStateError outside of one. */
export function requireCurrentTask(state: LoopState, what: string): Task {
  const task = state.currentTask()
  if (task === null) {
    throw new InvalidStateError(
      `${what} must be called in a task; after awaiting a promise of another library, await it through loop.wrap(promise)`,
    )
  }
  return task as unknown as Task
}
