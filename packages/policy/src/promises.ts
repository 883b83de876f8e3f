/**
 * Which promises from outside virtual time waits for.
 *
 * The loop counts the promises it was given (`loop.wrap`, `waitFor(promise)`). Real work settles in real time, so time must
 * stand still meanwhile. But the promise of an async function that itself sleeps on this loop settles only when time
 * moves. What such a function waits for shows beside what its task waits for:
 *
 *     waitFor(readFile(path), 1000)     the task waits for the promise
 *     waitFor(load(), 1000)             the task waits for the promise, and load() for its sleep
 *
 * So a task's promises are real work as far as there are more of them than other waits.
 */
import type { AwaitedDescription, EventLoop } from '@loop/core'
import { allTasks, describeTask } from '@loop/core'
import process from 'node:process'

/** Whether one of the `promises` that the loop was given waits for nothing of the loop, as far as can be seen. */
export function someAreReal(loop: EventLoop, promises: number): boolean {
  let known = 0
  let spare = 0
  for (const task of allTasks(loop)) {
    const { awaiting } = describeTask(task)
    const own = foreignIn(awaiting).size
    const others = Math.max(0, awaiting.length - 1)
    if (own > others) return true
    known += own
    spare += others - own
  }
  return promises - known > spare
}

/** What a process has open while it does nothing: its pipes and ports, servers that listen, handles on their way out. */
const IDLE = new Set(['PipeWrap', 'TTYWrap', 'MessagePort', 'SignalWrap', 'TCPServerWrap', 'FSEventWrap', 'CloseReq', 'Immediate'])

/**
 * Whether the runtime names nothing that is under way: no timer, request or connection. It does not name everything (the
 * work of `node:crypto` is missing), so this is a hint; false where it cannot say.
 */
export function seemsIdle(): boolean {
  const { getActiveResourcesInfo } = process as { getActiveResourcesInfo?: () => string[] }
  return getActiveResourcesInfo?.().every((name) => IDLE.has(name)) ?? false
}

/** Where the promises were made that tasks wait for, as far as that is known. */
export function promisesAwaited(loop: EventLoop): AwaitedDescription[] {
  return [...allTasks(loop)].flatMap((task) => [...foreignIn(describeTask(task).awaiting).values()])
}

/** Core's class of futures over foreign promises; builds may add an underscore. */
export function isForeign(name: string): boolean {
  return /^_?ForeignFuture$/.test(name)
}

function foreignIn(awaiting: readonly AwaitedDescription[]): Map<object, AwaitedDescription> {
  const found = new Map<object, AwaitedDescription>()
  const left = [...awaiting]
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (isForeign(one.name)) found.set(one.awaited, one)
    for (const member of one.members) left.push(member)
  }
  return found
}
