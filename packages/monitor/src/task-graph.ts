/**
 * Graphs of as many tasks as a service has: each step takes time in proportion to the tasks and futures, and none
 * recurs into what the program made, be it a chain of a hundred thousand tasks.
 */
import type { EventLoop, Task } from '@loop/core'
import type { AwaitedDescription } from '@loop/core/lowlevel'
import { allTasks, currentTask, getRunningLoop } from '@loop/core'
import { describeTask } from '@loop/core/lowlevel'

/** The tasks of a loop at one moment, and who waits for whom; plain data that can be sent as JSON. */
export interface TaskGraph {
  /** Oldest first. */
  readonly tasks: readonly TaskNode[]
}

/** A task in a {@link TaskGraph}. */
export interface TaskNode {
  /** Position among the tasks, from 1; what `awaits` refers to. */
  readonly id: number
  /** Of a task of another process: stays the same for as long as the task lives, and is what it is cancelled by. */
  readonly key?: number
  readonly name: string
  /** Name of its coroutine function. */
  readonly coroutine: string
  /**
   * 'running' for the task that asked; 'waiting' for something the loop knows; 'elsewhere' when it is ready to run, or
   * at a promise that the loop does not know of.
   */
  readonly state: 'running' | 'waiting' | 'elsewhere'
  readonly awaits: readonly AwaitedNode[]
  /** Whether it waits, through others, for itself: it will never go on. */
  readonly inCycle: boolean
  /** Where it was created; known in debug mode, and while places are noted. */
  readonly source: string | undefined
}

/** One thing that a task waits for. */
export interface AwaitedNode {
  /** The task's name, what made it ('gather()'), or the kind of future: 'Future', 'Sleep'. */
  readonly name: string
  /** Id of the task that it is, or null for a future. */
  readonly task: number | null
  /** Number of a future that waits for others itself, from 1; null for tasks and other futures. */
  readonly future: number | null
  /** What it waits for itself: the tasks of a gather or a group. Told once for each future: where that stands first. */
  readonly awaits: readonly AwaitedNode[]
  /**
   * Where the task began to wait for it, which is where it was made; known in debug mode, and while places are noted.
   * Undefined for a task, which has a place of its own.
   */
  readonly source: string | undefined
}

/** A task before anybody has looked for circles. */
export type PlainNode = Omit<TaskNode, 'inCycle'>

/** The tasks of `loop`, the running one by default, and what each awaits, and where: asyncio's call graph. */
export function captureTaskGraph(loop: EventLoop = getRunningLoop()): TaskGraph {
  return graphOf([...describeTasks(loop, currentTask())])
}

/**
 * The tasks of a loop, one by one; those that end meanwhile are left out. `running` is the one that asks; of stacks
 * `frames` lines are given, and `keyOf` gives each its key.
 */
export function* describeTasks(
  loop: EventLoop,
  running: Task | null,
  frames = Infinity,
  keyOf?: (task: Task) => number,
): Generator<PlainNode> {
  const tasks = [...allTasks(loop)]
  const ids = new Map<unknown, number>(tasks.map((task, index) => [task, index + 1]))
  const futures = new Map<unknown, number>()
  for (const [index, task] of tasks.entries()) {
    if (task.done()) continue
    const { name, coroutine, awaiting, source } = describeTask(task)
    const state = task === running ? 'running' : awaiting.length > 0 ? 'waiting' : 'elsewhere'
    yield {
      id: index + 1,
      ...(keyOf === undefined ? {} : { key: keyOf(task) }),
      name,
      coroutine,
      state,
      awaits: describeAwaits(awaiting, ids, futures, frames),
      source: firstLines(source, frames),
    }
  }
}

function describeAwaits(
  awaiting: readonly AwaitedDescription[],
  ids: ReadonlyMap<unknown, number>,
  futures: Map<unknown, number>,
  frames: number,
): AwaitedNode[] {
  const awaits: AwaitedNode[] = []
  const open = [{ list: awaiting, next: 0, into: awaits }]
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const each = top.list[top.next++]
    if (each === undefined) {
      open.pop()
      continue
    }
    const { awaited, name } = each
    const task = ids.get(awaited) ?? null
    const inside: AwaitedNode[] = []
    let future = futures.get(awaited) ?? null
    if (task === null && future === null) {
      const { members } = each
      if (members.length > 0) {
        future = futures.size + 1
        futures.set(awaited, future)
        open.push({ list: members, next: 0, into: inside })
      }
    }
    // A task knows its place itself.
    const source = task === null ? firstLines(each.source, frames) : undefined
    top.into.push({ name, task, future, awaits: inside, source })
  }
  return awaits
}

function firstLines(text: string | undefined, lines: number): string | undefined {
  return text === undefined || lines === Infinity ? text : text.split('\n', lines).join('\n')
}

/** A graph of `nodes`, with circles marked. */
export function graphOf(nodes: readonly PlainNode[]): TaskGraph {
  const stuck = tasksInCircles(nodes)
  return { tasks: nodes.map((node) => ({ ...node, inCycle: stuck.has(node.id) })) }
}

/** Everything in `awaits`, what it waits for included, in the order in which it is shown. */
export function* everyAwaited(awaits: readonly AwaitedNode[]): Generator<AwaitedNode> {
  const left = [...awaits].reverse()
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    yield each
    for (let index = each.awaits.length - 1; index >= 0; index--) left.push(each.awaits[index]!)
  }
}

/** What waits for what, by numbers: tasks have their ids, futures that wait for others come after the last of them. */
function edgesOf(nodes: readonly PlainNode[]): Map<number, number[]> {
  const last = nodes.reduce((most, { id }) => Math.max(most, id), 0)
  const edges = new Map<number, number[]>()
  const add = (from: number, awaits: readonly AwaitedNode[]): void => {
    for (const { task, future } of awaits) {
      const to = task ?? (future === null ? null : last + future)
      if (to === null) continue
      const known = edges.get(from)
      if (known === undefined) edges.set(from, [to])
      else known.push(to)
    }
  }
  for (const { id, awaits } of nodes) {
    add(id, awaits)
    for (const each of everyAwaited(awaits)) if (each.future !== null) add(last + each.future, each.awaits)
  }
  return edges
}

/**
 * The tasks from which a path leads back to themselves: Tarjan's strongly connected components, with a stack of its
 * own.
 */
function tasksInCircles(nodes: readonly PlainNode[]): ReadonlySet<number> {
  const edges = edgesOf(nodes)
  const inCircle = new Set<number>()
  const order = new Map<number, number>()
  const lowest = new Map<number, number>()
  const onPath = new Set<number>()
  const path: number[] = []
  const enter = (id: number): void => {
    order.set(id, order.size)
    lowest.set(id, order.get(id)!)
    path.push(id)
    onPath.add(id)
  }
  const lower = (id: number, to: number): void => {
    if (to < lowest.get(id)!) lowest.set(id, to)
  }
  for (const { id: start } of nodes) {
    if (order.has(start)) continue
    enter(start)
    const open = [{ id: start, next: 0 }]
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const { id } = top
      const to = edges.get(id)?.[top.next++]
      if (to !== undefined) {
        if (to === id) inCircle.add(id)
        if (!order.has(to)) {
          enter(to)
          open.push({ id: to, next: 0 })
        } else if (onPath.has(to)) {
          lower(id, order.get(to)!)
        }
        continue
      }
      open.pop()
      const parent = open.at(-1)
      if (parent !== undefined) lower(parent.id, lowest.get(id)!)
      if (lowest.get(id) !== order.get(id)) continue
      const component = path.splice(path.lastIndexOf(id))
      for (const member of component) {
        onPath.delete(member)
        if (component.length > 1) inCircle.add(member)
      }
    }
  }
  return inCircle
}
