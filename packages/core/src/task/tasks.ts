import type { LoopState } from '../turn/loop-state.ts'
import { requireRunning, runningState } from '../turn/running.ts'
import type { Task } from './task.ts'

/**
 * The task that the calling code runs in, or null outside of tasks. Code that a task has left running when it ended is
 * in none.
 */
export function currentTask(): Task | null {
  return (runningState()?.currentTask() ?? null) as Task | null
}

/** The tasks of `loop`, or of the running loop, that are not done. Throws InvalidStateError when neither is there. */
export function allTasks(loop?: { readonly state: LoopState }): Set<Task> {
  const state = loop?.state ?? requireRunning('allTasks()')
  return new Set(state.tasks as Iterable<Task>)
}
