import { Future } from './future.ts'
import { nameOf, sourceOf } from './handle.ts'
import { Joining } from './joining.ts'
import type { Cancellable } from './scope.ts'
import { Task } from './task.ts'

/** A task as people and tools see it. */
export interface TaskDescription {
  readonly task: Task
  readonly name: string
  /** Name of its coroutine function. */
  readonly coroutine: string
  /** Empty when it is running, ready to run, or at a promise that the loop does not know of. */
  readonly awaiting: readonly AwaitedDescription[]
  /** Where it was created; known in debug mode, and while places are noted. */
  readonly source: string | undefined
}

/** One thing that a task waits for. */
export interface AwaitedDescription {
  readonly awaited: Cancellable
  /** The task's name, what made it ('gather()', 'taskGroup()'), or the kind of future: 'Future', 'Sleep' and so on. */
  readonly name: string
  /** What it waits for itself and is not done: the tasks of a gather or a group. */
  readonly members: readonly AwaitedDescription[]
  /** Where it was made, which is where most tasks wait for it; known in debug mode, and while places are noted. */
  readonly source: string | undefined
}

/**
 * What a task is, and what it waits for and where: for monitors, deadlock reports and shutdown reports. What others
 * wait for is described when somebody looks at it: a future that thousands wait for is shown once, however many of them
 * there are.
 */
export function describeTask(task: Task): TaskDescription {
  return {
    task,
    name: task.getName(),
    coroutine: nameOf(task.coroutine),
    awaiting: task.awaiting().map(describeAwaited),
    get source() {
      return sourceOf(task.state, task).sourceTraceback
    },
  }
}

function describeAwaited(awaited: Cancellable): AwaitedDescription {
  if (!(awaited instanceof Future)) return { awaited, name: awaited.constructor.name, members: [], source: undefined }
  return {
    awaited,
    name: nameOfAwaited(awaited),
    get members() {
      return awaited instanceof Joining
        ? [...awaited.members()].filter((member) => !member.done()).map(describeAwaited)
        : []
    },
    get source() {
      return sourceOf(awaited.state, awaited).sourceTraceback
    },
  }
}

function nameOfAwaited(awaited: Future): string {
  if (awaited instanceof Task) return awaited.getName()
  return awaited instanceof Joining ? awaited.madeBy : awaited.constructor.name
}
