import type { AwaitedNode, TaskGraph, TaskNode } from './task-graph.ts'
import { tasksIn } from './task-graph.ts'

/**
 * A task graph as a tree: tasks that nobody waits for at the left, under each what it waits for. A task that was shown
 * before is not unfolded again; one that waits for itself is marked.
 *
 *     Task-1 (main)
 *     └── taskGroup() at main (app.js:12)
 *         ├── fetcher (fetch)
 *         │   └── Sleep at fetch (app.js:3)
 *         └── writer (write)
 */
export function formatTaskTree(graph: TaskGraph): string {
  const tree = new Tree(graph)
  return [...roots(graph), ...graph.tasks].flatMap((task) => tree.root(task)).join('\n')
}

/** One line a task: what it is, its state, and what it waits for. */
export function formatTaskList(graph: TaskGraph): string {
  const rows = graph.tasks.map((task) => [
    String(task.id),
    fullName(task),
    task.inCycle ? 'waits for itself' : task.state,
    task.awaits.map(awaitedLine).join(', '),
  ])
  const all = [['id', 'task', 'state', 'waits for'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)))
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}

/** The tasks that no other waits for. */
function roots({ tasks }: TaskGraph): TaskNode[] {
  const awaited = new Set(tasks.flatMap(({ awaits }) => tasksIn(awaits)))
  return tasks.filter(({ id }) => !awaited.has(id))
}

class Tree {
  private readonly byId: ReadonlyMap<number, TaskNode>
  private readonly shown = new Set<number>()

  constructor(graph: TaskGraph) {
    this.byId = new Map(graph.tasks.map((task) => [task.id, task]))
  }

  /** The lines of a task at the left margin; none when it stands under another one already. */
  root(task: TaskNode): string[] {
    return this.shown.has(task.id) ? [] : this.task(task)
  }

  private task(task: TaskNode): string[] {
    if (this.shown.has(task.id)) return [`${fullName(task)} ${task.inCycle ? '(a circle: it waits for itself)' : '(see above)'}`]
    this.shown.add(task.id)
    return [fullName(task) + stateOf(task), ...this.children(task.awaits)]
  }

  private awaited(each: AwaitedNode): string[] {
    const task = each.task === null ? undefined : this.byId.get(each.task)
    return task === undefined ? [awaitedLine(each), ...this.children(each.awaits)] : this.task(task)
  }

  private children(awaits: readonly AwaitedNode[]): string[] {
    return awaits.flatMap((each, index) => {
      const last = index === awaits.length - 1
      const [first, ...rest] = this.awaited(each)
      return [`${last ? '└── ' : '├── '}${first}`, ...rest.map((line) => (last ? '    ' : '│   ') + line)]
    })
  }
}

function fullName({ name, coroutine }: TaskNode): string {
  return coroutine === '(anonymous)' ? name : `${name} (${coroutine})`
}

function stateOf({ state }: TaskNode): string {
  if (state === 'running') return ' running'
  return state === 'elsewhere' ? ' ready, or at a promise that the loop does not know' : ''
}

function awaitedLine({ name, source }: AwaitedNode): string {
  // The first line is the program's own, unless only the loop and the host were on the stack.
  const first = source?.split('\n', 1)[0]!.trim() ?? ''
  return /:\d+:\d+\)?$/.test(first) && !first.includes('node:') ? `${name} ${first}` : name
}
