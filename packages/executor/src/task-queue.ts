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
  readonly returned: ReadyQueue<Task>
  readonly fresh: ReadyQueue<Task>
}

export class TaskQueue {
  private readonly levels: Level[] = []
  private live = 0

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
    for (const level of this.levels) {
      for (;;) {
        const task = level.returned.shift() ?? level.fresh.shift()
        if (task === undefined) break
        if (task.settled) continue
        this.live--
        return task
      }
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
    const made = { priority, returned: new ReadyQueue<Task>(), fresh: new ReadyQueue<Task>() }
    levels.splice(i, 0, made)
    return made
  }
}
