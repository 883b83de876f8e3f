import { Future } from './future.ts'
import { nameOf, sourceOf } from './handle.ts'
import type { Cancellable } from './state.ts'
import { Task } from './task.ts'

/** A task as people and tools see it. */
export interface TaskDescription {
  readonly task: Task
  readonly name: string
  /** Name of its coroutine function. */
  readonly coroutine: string
  /** Empty when it is running, ready to run, or at a promise that the loop does not know of. */
  readonly awaiting: readonly AwaitedDescription[]
  /** Where it was created; known in debug mode. */
  readonly source: string | undefined
}

/** One thing that a task waits for. */
export interface AwaitedDescription {
  readonly awaited: Cancellable
  /** The task's name, or the kind of future: 'Future', 'Sleep' and so on. */
  readonly name: string
  /** Where it was made, which is where most tasks wait for it; known in debug mode. */
  readonly source: string | undefined
}

/** What a task is, and what it waits for and where: for monitors, deadlock reports and shutdown reports. */
export function describeTask(task: Task): TaskDescription {
  return {
    task,
    name: task.getName(),
    coroutine: nameOf(task.coroutine),
    awaiting: task.awaiting().map(describeAwaited),
    source: sourceOf(task.state, task).sourceTraceback,
  }
}

function describeAwaited(awaited: Cancellable): AwaitedDescription {
  if (!(awaited instanceof Future)) return { awaited, name: awaited.constructor.name, source: undefined }
  const name = awaited instanceof Task ? awaited.getName() : awaited.constructor.name
  return { awaited, name, source: sourceOf(awaited.state, awaited).sourceTraceback }
}
