import type { Runnable } from './contracts.ts'
import { Future } from './future.ts'
import { Handle, nameOf, sourceOf } from './handle.ts'
import { Task } from './task.ts'

/** What a turn runs, as people and tools see it. */
export interface RunnableDescription {
  /** 'callback' of callSoon and the timers; step of a 'task'; 'internal' for the loop's own bookkeeping. */
  readonly kind: 'callback' | 'task' | 'internal'
  /** The callback's name, or the task's with its coroutine function: `Task-7 (worker)`. */
  readonly name: string
  /** The task whose step it is. */
  readonly task: Task | null
  /** Where the callback or task was scheduled; known in debug mode. */
  readonly source: string | undefined
}

/** What a runnable is and belongs to: for observers and monitors. */
export function describeRunnable(runnable: Runnable): RunnableDescription {
  const task = taskOf(runnable)
  if (task !== null)
    return { kind: 'task', name: fullName(task), task, source: sourceOf(task.state, task).sourceTraceback }
  if (runnable instanceof Handle) {
    const { target } = runnable
    const name = target === null ? '(a callback that was cancelled)' : nameOf(target)
    return { kind: 'callback', name, task: null, source: runnable.source }
  }
  const name = runnable instanceof Future ? runnable.constructor.name : 'wake-up'
  return { kind: 'internal', name, task: null, source: undefined }
}

/** A task's own step, or the wake-up of an async one, which keeps its task. */
function taskOf(runnable: Runnable): Task | null {
  if (runnable instanceof Task) return runnable
  const { task } = runnable as { task?: unknown }
  return task instanceof Task ? task : null
}

function fullName(task: Task): string {
  const name = task.getName()
  return task.coroutine.name === '' ? name : `${name} (${task.coroutine.name})`
}
