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
 * A graph as trees: tasks that nobody waits for at the top, and below each what it waits for. Each task stands once.
 */
export function treeOf({ tasks }: TaskGraph): TaskBranch[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const awaited = new Set(tasks.flatMap(({ awaits }) => idsIn(awaits)))
  const shown = new Set<number>()

  const ofTask = (task: TaskNode): TaskBranch => {
    const again = shown.has(task.id)
    shown.add(task.id)
    return {
      name: task.name,
      note: noteOf(task, again),
      isTask: true,
      waitsFor: again ? [] : task.awaits.map(ofAwaited),
    }
  }
  const ofAwaited = (each: AwaitedNode): TaskBranch => {
    const task = each.task === null ? undefined : byId.get(each.task)
    return task === undefined
      ? { name: each.name, note: '', isTask: false, waitsFor: each.awaits.map(ofAwaited) }
      : ofTask(task)
  }

  const roots = tasks.filter(({ id }) => !awaited.has(id)).map(ofTask)
  // What is left waits for itself: a circle has no top.
  return [
    ...roots,
    ...tasks.filter(({ id }) => !shown.has(id)).flatMap((task) => (shown.has(task.id) ? [] : [ofTask(task)])),
  ]
}

const idsIn = (awaits: readonly AwaitedNode[]): number[] =>
  awaits.flatMap((each) => [...(each.task === null ? [] : [each.task]), ...idsIn(each.awaits)])

function noteOf({ name, coroutine, state, inCycle }: TaskNode, again: boolean): string {
  if (again) return inCycle ? 'a circle: it waits for itself' : 'see above'
  const made = coroutine === '(anonymous)' || coroutine === name ? '' : coroutine
  return state === 'elsewhere' ? [made, 'ready, or at a promise of Node'].filter(Boolean).join(', ') : made
}
