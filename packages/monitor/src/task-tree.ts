import type { AwaitedNode, TaskGraph, TaskNode } from './task-graph.ts'
import { printable } from './printable.ts'
import { everyAwaited } from './task-graph.ts'

/**
 * What is deeper than this begins anew at the left: a chain of thousands is read downwards, and its indentation alone
 * would be megabytes.
 */
const DEEPEST = 40
/** A longer cell of a list is shown whole, but the others are not filled up to it. */
const WIDEST = 60

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
  for (const task of roots(graph)) tree.add(task)
  // What is left waits for itself: a circle has no top.
  for (const task of graph.tasks) tree.add(task)
  return tree.lines.join('\n')
}

/** One line a task: what it is, its state, and what it waits for. */
export function formatTaskList(graph: TaskGraph): string {
  const rows = graph.tasks.map((task) => [
    String(task.id),
    fullName(task),
    task.inCycle ? 'waits for itself' : task.state,
    task.awaits.length === 0 ? started(task).trimStart() : task.awaits.map(awaitedLine).join(', '),
  ])
  const all = [['id', 'task', 'state', 'waits for'], ...rows]
  const widths = [0, 0, 0]
  for (const row of all) {
    for (const column of widths.keys())
      widths[column] = Math.min(WIDEST, Math.max(widths[column]!, row[column]!.length))
  }
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The tasks that no other waits for. */
function roots({ tasks }: TaskGraph): TaskNode[] {
  const awaited = new Set<number>()
  for (const { awaits } of tasks) for (const { task } of everyAwaited(awaits)) if (task !== null) awaited.add(task)
  return tasks.filter(({ id }) => !awaited.has(id))
}

/** A line to come: what stands before it, and before the lines under it. */
interface Branch {
  readonly node: TaskNode | AwaitedNode
  readonly before: string
  readonly under: string
  readonly depth: number
}

class Tree {
  readonly lines: string[] = []
  private readonly tasks = new Map<number, TaskNode>()
  /** Futures that wait for others, where they are shown in full. */
  private readonly futures = new Map<number, AwaitedNode>()
  private readonly shown = new Set<TaskNode | AwaitedNode>()
  /** What was too deep. */
  private readonly later = new Set<TaskNode | AwaitedNode>()

  constructor(graph: TaskGraph) {
    for (const task of graph.tasks) {
      this.tasks.set(task.id, task)
      for (const each of everyAwaited(task.awaits))
        if (each.future !== null && each.awaits.length > 0) this.futures.set(each.future, each)
    }
  }

  /** Adds a task at the left margin, unless it stands under another one already; and below it what went too deep. */
  add(task: TaskNode): void {
    if (this.shown.has(task)) return
    this.later.add(task)
    for (const node of this.later) {
      this.later.delete(node)
      if (!this.shown.has(node)) this.unfold(node)
    }
  }

  private unfold(top: TaskNode | AwaitedNode): void {
    const left: Branch[] = [{ node: top, before: '', under: '', depth: 0 }]
    for (let branch = left.pop(); branch !== undefined; branch = left.pop()) {
      const { node, before, under, depth } = branch
      const text = isTask(node) ? fullName(node) : awaitedLine(node)
      const note = this.noteInstead(node, depth)
      this.lines.push(before + text + (note ?? (isTask(node) ? stateOf(node) : '')))
      if (note !== null) continue
      this.shown.add(node)
      for (let index = node.awaits.length - 1; index >= 0; index--) {
        const last = index === node.awaits.length - 1
        left.push({
          node: this.whole(node.awaits[index]!),
          before: `${under}${last ? '└── ' : '├── '}`,
          under: under + (last ? '    ' : '│   '),
          depth: depth + 1,
        })
      }
    }
  }

  /** What stands instead of the lines under a node; null when those come. */
  private noteInstead(node: TaskNode | AwaitedNode, depth: number): string | null {
    if (this.shown.has(node)) return isTask(node) && node.inCycle ? ' (a circle: it waits for itself)' : ' (see above)'
    if (depth < DEEPEST || node.awaits.length === 0) return null
    this.later.add(node)
    return ' (see below)'
  }

  /** The task that is awaited, or the future where it is shown in full. */
  private whole(each: AwaitedNode): TaskNode | AwaitedNode {
    if (each.task !== null) return this.tasks.get(each.task) ?? each
    return each.future === null ? each : (this.futures.get(each.future) ?? each)
  }
}

function isTask(node: TaskNode | AwaitedNode): node is TaskNode {
  return 'coroutine' in node
}

function fullName({ name, coroutine }: TaskNode): string {
  return printable(coroutine === '(anonymous)' ? name : `${name} (${coroutine})`)
}

function stateOf(task: TaskNode): string {
  if (task.state === 'running') return ' running'
  return task.state === 'elsewhere' ? ` ready, or at a promise that the loop does not know${started(task, ',')}` : ''
}

/** Where a task was started that waits for nothing the loop knows: the nearest place there is. */
function started({ source }: TaskNode, before = ''): string {
  const place = placeOf(source)
  return place === '' ? '' : `${before} started${place}`
}

function awaitedLine({ name, source }: AwaitedNode): string {
  return printable(name) + placeOf(source)
}

/** The first line of a stack, which is the program's own, unless only the loop and the host were on it. */
function placeOf(source: string | undefined): string {
  const first = source?.split('\n', 1)[0]!.trim() ?? ''
  return /:\d+:\d+\)?$/.test(first) && !first.includes('node:') ? ` ${printable(first)}` : ''
}
