import type { Task } from '@loop/core'

let last = 0
const keys = new WeakMap<Task, number>()

/** The key of a task: the same for as long as it lives, and no other's afterwards. */
export function keyOf(task: Task): number {
  const known = keys.get(task)
  if (known !== undefined) return known
  keys.set(task, ++last)
  return last
}
