/**
 * The tasks that no worker has been given yet: first-in first-out within a priority, higher priorities first.
 *
 * Nearly every program uses one priority, so the levels are a short sorted list and the queue of a level a ring. A task
 * taken back from a worker goes before everything of its level that was never handed out, which keeps the order of
 * submission. Cancelling only marks the task; it is passed over when its turn comes, and counted out at once.
 */
import { ReadyQueue } from '@loop/core'
import type { Task } from './task.ts'

interface Level {
  readonly priority: number
  /** Taken out already, to be looked at. */
  first: Task | undefined
  readonly returned: ReadyQueue<Task>
  readonly fresh: ReadyQueue<Task>
}

export class TaskQueue {
  private readonly levels: Level[] = []
  private live = 0
  /** Where `peek` found its task. */
  private front: Level | null = null

  /** How many tasks wait, cancelled ones not counted. */
  get size(): number {
    return this.live
  }

  push(task: Task): void {
    this.live++
    this.level(task.priority).fresh.push(task)
  }

  /** Puts back what a worker will not run, oldest first. */
  giveBack(tasks: readonly Task[]): void {
    for (const task of tasks) {
      this.live++
      this.level(task.priority).returned.push(task)
    }
  }

  /** Takes the next task, or undefined when none waits. */
  shift(): Task | undefined {
    const task = this.peek()
    if (task === undefined) return undefined
    this.front!.first = undefined
    this.live--
    return task
  }

  /** The next task, which stays; cancelled ones before it are dropped. */
  peek(): Task | undefined {
    for (const level of this.levels) {
      while (level.first === undefined || level.first.settled) {
        level.first = level.returned.shift() ?? level.fresh.shift()
        if (level.first === undefined) break
      }
      if (level.first === undefined) continue
      this.front = level
      return level.first
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
    const made: Level = { priority, first: undefined, returned: new ReadyQueue<Task>(), fresh: new ReadyQueue<Task>() }
    levels.splice(i, 0, made)
    return made
  }
}
