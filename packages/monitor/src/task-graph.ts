import type { AwaitedDescription, EventLoop, Task } from '@loop/core'
import { allTasks, currentTask, describeTask, getRunningLoop } from '@loop/core'

/** The tasks of a loop at one moment, and who waits for whom; plain data that can be sent as JSON. */
export interface TaskGraph {
  /** Oldest first. */
  readonly tasks: readonly TaskNode[]
}

/** A task in a {@link TaskGraph}. */
export interface TaskNode {
  /** Position among the tasks, from 1; what `awaits` refers to. */
  readonly id: number
  readonly name: string
  /** Name of its coroutine function. */
  readonly coroutine: string
  /**
   * 'running' for the task that asked; 'waiting' for something the loop knows; 'elsewhere' when it is ready to run, or at a
   * promise that the loop does not know of.
   */
  readonly state: 'running' | 'waiting' | 'elsewhere'
  readonly awaits: readonly AwaitedNode[]
  /** Whether it waits, through others, for itself: it will never go on. */
  readonly inCycle: boolean
  /** Where it was created; known in debug mode. */
  readonly source: string | undefined
}

/** One thing that a task waits for. */
export interface AwaitedNode {
  /** The task's name, what made it ('gather()'), or the kind of future: 'Future', 'Sleep'. */
  readonly name: string
  /** Id of the task that it is, or null for a future. */
  readonly task: number | null
  /** What it waits for itself: the tasks of a gather or a group. */
  readonly awaits: readonly AwaitedNode[]
  /** Where the task began to wait for it, which is where it was made; known in debug mode. */
  readonly source: string | undefined
}

/** The tasks of `loop`, the running one by default, and what each awaits, and where: asyncio's call graph. */
export function captureTaskGraph(loop: EventLoop = getRunningLoop()): TaskGraph {
  const tasks = [...allTasks(loop)]
  const ids = new Map<unknown, number>(tasks.map((task, index) => [task, index + 1]))
  const running = currentTask()
  const nodes = tasks.map((task) => nodeOf(task, ids, running))
  const stuck = tasksInCycles(nodes)
  return { tasks: nodes.map((node) => ({ ...node, inCycle: stuck.has(node.id) })) }
}

function nodeOf(task: Task, ids: ReadonlyMap<unknown, number>, running: Task | null): Omit<TaskNode, 'inCycle'> {
  const { name, coroutine, awaiting, source } = describeTask(task)
  const state = task === running ? 'running' : awaiting.length > 0 ? 'waiting' : 'elsewhere'
  const awaited = (each: AwaitedDescription): AwaitedNode => ({
    name: each.name,
    task: ids.get(each.awaited) ?? null,
    awaits: each.members.map(awaited),
    source: each.source,
  })
  return { id: ids.get(task)!, name, coroutine, state, awaits: awaiting.map(awaited), source }
}

/** Ids of the tasks that something waits for, directly or through futures. */
export function tasksIn(awaits: readonly AwaitedNode[]): number[] {
  return awaits.flatMap((each) => [...(each.task === null ? [] : [each.task]), ...tasksIn(each.awaits)])
}

/** The tasks from which a path leads back to themselves. Found by a walk from each: snapshots are small, and read by people. */
function tasksInCycles(nodes: readonly Pick<TaskNode, 'id' | 'awaits'>[]): Set<number> {
  const next = new Map(nodes.map(({ id, awaits }) => [id, tasksIn(awaits)]))
  const reaches = (from: number): boolean => {
    const seen = new Set<number>()
    const left = [...next.get(from)!]
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      if (id === from) return true
      if (seen.has(id)) continue
      seen.add(id)
      left.push(...(next.get(id) ?? []))
    }
    return false
  }
  return new Set([...next.keys()].filter(reaches))
}
