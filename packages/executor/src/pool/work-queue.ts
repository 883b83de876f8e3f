/**
 * The tasks that no worker has been given yet: first-in first-out within a priority, higher priorities first.
 *
 * Nearly every program uses one priority, so the levels are a short sorted list and the queue of a level a ring. A task
 * taken back from a worker goes before everything of its level that was never handed out, which keeps the order of
 * submission. Cancelling only marks the task; it is passed over when its turn comes, and counted out at once.
 */
import { ReadyQueue } from '@loop/core/lowlevel'
import type { WorkItem } from './work-item.ts'

/** A queue whose next task can be looked at. */
class Line {
  private readonly tasks = new ReadyQueue<WorkItem>()
  private first: WorkItem | undefined

  push(task: WorkItem): void {
    this.tasks.push(task)
  }

  /** The next task that was not cancelled; it stays. */
  peek(): WorkItem | undefined {
    while (this.first === undefined || this.first.settled) {
      this.first = this.tasks.shift()
      if (this.first === undefined) break
    }
    return this.first
  }

  /** Takes the task that `peek` found. */
  take(): void {
    this.first = undefined
  }
}

interface Level {
  readonly priority: number
  readonly returned: Line
  readonly fresh: Line
}

export class WorkQueue {
  private readonly levels: Level[] = []
  private live = 0
  /** Where `peek` found its task. */
  private front: Line | null = null

  /** How many tasks wait, cancelled ones not counted. */
  get size(): number {
    return this.live
  }

  push(task: WorkItem): void {
    this.live++
    this.level(task.priority).fresh.push(task)
  }

  /** Puts back what a worker will not run, oldest first. */
  giveBack(tasks: readonly WorkItem[]): void {
    for (const task of tasks) {
      this.live++
      this.level(task.priority).returned.push(task)
    }
  }

  /** Takes the next task, or undefined when none waits. */
  shift(): WorkItem | undefined {
    const task = this.peek()
    if (task === undefined) return undefined
    this.front!.take()
    this.live--
    return task
  }

  /** The next task, which stays; cancelled ones before it are dropped. */
  peek(): WorkItem | undefined {
    for (const { returned, fresh } of this.levels) {
      const task = returned.peek()
      this.front = task === undefined ? fresh : returned
      const next = task ?? fresh.peek()
      if (next !== undefined) return next
    }
    return undefined
  }

  /** A waiting task was settled where it stands; it is passed over when its turn comes. */
  forget(): void {
    this.live--
  }

  private level(priority: number): Level {
    const { levels } = this
    const first = levels[0]
    if (first?.priority === priority) return first
    let i = 0
    while (i < levels.length && levels[i]!.priority > priority) i++
    const found = levels[i]
    if (found?.priority === priority) return found
    const made: Level = { priority, returned: new Line(), fresh: new Line() }
    levels.splice(i, 0, made)
    return made
  }
}
