import type { EventLoop } from '@loop/core'
import type { TaskBranch, TaskFigures } from '@loop/demo-page/wire'
import type { AwaitedNode, TaskGraph, TaskNode } from '@loop/monitor'
import { captureTaskGraph } from '@loop/monitor'

/** More tasks than these are counted, not drawn: nobody reads them, and a snapshot must stay cheap. */
const MOST_TASKS = 200

/** The tasks of a loop for the page. */
export function taskFigures(loop: EventLoop): TaskFigures {
  const count = loop.statistics().tasks
  return { count, tree: count > MOST_TASKS ? null : treeOf(captureTaskGraph(loop)) }
}

/**
 * A graph as trees: tasks that nobody waits for at the top, and below each the tasks that it waits for, through groups
 * and gathers too. What else it waits for stands beside its name, in words. Each task stands once.
 */
export function treeOf({ tasks }: TaskGraph): TaskBranch[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const awaited = new Set(tasks.flatMap(({ awaits }) => tasksIn(awaits)))
  const shown = new Set<number>()

  const ofTask = (task: TaskNode): TaskBranch => {
    const again = shown.has(task.id)
    shown.add(task.id)
    const below = again ? [] : tasksIn(task.awaits).flatMap((id) => byId.get(id) ?? [])
    return { name: task.name, note: noteOf(task, again), waitsFor: below.map(ofTask) }
  }

  const roots = tasks.filter(({ id }) => !awaited.has(id)).map(ofTask)
  // What is left waits for itself: a circle has no top.
  return [
    ...roots,
    ...tasks.filter(({ id }) => !shown.has(id)).flatMap((task) => (shown.has(task.id) ? [] : [ofTask(task)])),
  ]
}

const tasksIn = (awaits: readonly AwaitedNode[]): number[] =>
  awaits.flatMap((each) => [...(each.task === null ? [] : [each.task]), ...tasksIn(each.awaits)])

function noteOf(task: TaskNode, again: boolean): string {
  if (again) return task.inCycle ? 'a circle: it waits for itself' : 'see above'
  const { name, coroutine } = task
  const made = coroutine === '(anonymous)' || coroutine === name ? '' : coroutine
  return [made, ...waitsOf(task)].filter(Boolean).join(', ')
}

/** What a task waits for beside other tasks, in words. */
function waitsOf({ state, awaits }: TaskNode): string[] {
  if (state === 'elsewhere') return ['ready, or at a promise of Node']
  return [...new Set(awaits.filter(({ task }) => task === null).map(inWords))]
}

function inWords({ name, source }: AwaitedNode): string {
  if (name === 'Sleep') return 'sleeps'
  if (name.endsWith('()')) return `in ${name}`
  const made = source === undefined ? '' : `, made ${source.split('\n')[0]}`
  return `waits for ${name === 'Future' ? 'a future' : name}${made}`
}
