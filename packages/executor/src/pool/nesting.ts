/**
 * Tasks that wait for tasks of their own pool: which there are, and when none of them can go on.
 *
 * A task reaches its pool from inside through a coroutine of a door, or where it runs inline. It holds its place while
 * it waits; when all places are held so, what they wait for has none left.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { PoolDeadlockError } from '../errors.ts'
import type { WorkItem } from './work-item.ts'

/** The task in whose run, or on whose behalf, code of this thread runs. */
const around = new AsyncLocalStorage<WorkItem | null>()

export function inside<T>(task: WorkItem | null, part: () => T): T {
  return task === null ? part() : around.run(task, part)
}

/**
 * How long, in milliseconds, all places must be held before that counts as forever: no task may have ended meanwhile.
 */
const FOREVER_MS = 1000

export class Nesting {
  /** Tasks that were submitted from inside a task that has not ended, by that task. */
  private readonly inner = new Map<WorkItem, Set<WorkItem>>()
  private timer: ReturnType<typeof setTimeout> | null = null
  private ends = 0

  /** `places` is how many tasks may be running at a time. */
  constructor(private readonly places: number) {}

  /** A task was submitted; from inside another one of this pool, perhaps. */
  submitted(task: WorkItem): void {
    const outer = around.getStore()
    if (outer == null || outer.settled || !outer.isOf(task)) return
    let tasks = this.inner.get(outer)
    if (tasks === undefined) this.inner.set(outer, (tasks = new Set()))
    tasks.add(task)
    task.outer = outer
    if (this.timer === null && this.inner.size >= this.places) this.watch()
  }

  ended(task: WorkItem): void {
    this.ends++
    this.inner.delete(task)
    if (task.outer === null) return
    const tasks = this.inner.get(task.outer)
    tasks?.delete(task)
    if (tasks?.size === 0) this.inner.delete(task.outer)
  }

  private watch(): void {
    const before = this.ends
    this.timer = setTimeout(() => {
      this.timer = null
      if (this.inner.size < this.places) return
      if (this.ends === before) this.breakOne()
      if (this.inner.size >= this.places) this.watch()
    }, FOREVER_MS)
  }

  /** Fails what the newest of them waits for: it can then go on, and give its place to others. */
  private breakOne(): void {
    const [outer, tasks] = [...this.inner].at(-1)!
    for (const task of [...tasks].reverse()) {
      const others = `all ${this.places} places of its pool are held by tasks that wait for tasks of the same pool, ${outer.title} among them`
      const error = new PoolDeadlockError(
        `${task.title} can never run: ${others}. Give inner tasks a pool of their own, or raise maxWorkers.`,
      )
      if (task.stopWaiting(error)) return
    }
  }
}
