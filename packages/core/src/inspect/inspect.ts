import type { Runnable } from '../contracts/observe.ts'
import { nameOf } from '../base/describe.ts'
import { Handle, originContext } from '../turn/handle.ts'
import type { Cancellable } from '../turn/scope.ts'
import { Future } from '../task/future.ts'
import { Task } from '../task/task.ts'
import { Joining } from '../combine/joining.ts'

/** What a turn runs, described for diagnostics. */
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
    return { kind: 'task', name: fullName(task), task, source: originContext(task.state, task).sourceTraceback }
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

/** A task, described for diagnostics. */
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
      return originContext(task.state, task).sourceTraceback
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
      return originContext(awaited.state, awaited).sourceTraceback
    },
  }
}

function nameOfAwaited(awaited: Future): string {
  if (awaited instanceof Task) return awaited.getName()
  return awaited instanceof Joining ? awaited.madeBy : awaited.constructor.name
}
