/**
 * A task as the list sees it: the links are its own, because a Set entry a task would cost more than the step it runs.
 */
export interface TaskNode {
  /** @internal */
  previousTask: TaskNode | null
  /** @internal */
  nextTask: TaskNode | null
}

/** The tasks of a loop that are not done, oldest first. */
export class TaskList implements Iterable<TaskNode> {
  private oldest: TaskNode | null = null
  private newest: TaskNode | null = null
  private count = 0

  /** How many there are. */
  get size(): number {
    return this.count
  }

  /** Adds a task that is in no list. */
  add(task: TaskNode): void {
    task.previousTask = this.newest
    if (this.newest === null) this.oldest = task
    else this.newest.nextTask = task
    this.newest = task
    this.count++
  }

  /** Removes a task that is in this list. */
  delete(task: TaskNode): void {
    const { previousTask, nextTask } = task
    if (previousTask === null) this.oldest = nextTask
    else previousTask.nextTask = nextTask
    if (nextTask === null) this.newest = previousTask
    else nextTask.previousTask = previousTask
    task.previousTask = null
    task.nextTask = null
    this.count--
  }

  *[Symbol.iterator](): IterableIterator<TaskNode> {
    for (let task = this.oldest; task !== null; task = task.nextTask) yield task
  }
}
