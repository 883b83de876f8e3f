/** Who waits for whom: what a shutdown has to know of tasks before it waits for them or cancels them. */
import { describeTask } from '@loop/core/lowlevel'
import type { Task } from '@loop/core'
import type { AwaitedDescription } from '@loop/core/lowlevel'

/** What ends only when all that it waits for has ended; a `wait` may end with the first. */
const ENDS_WITH_ALL = new Set(['gather()', 'taskGroup()', 'shield()'])

/**
 * What of `tasks`, and of what they wait for, cannot end by itself before the loop time `until`: it sleeps for longer,
 * or waits for something that does. Others may end: what they wait for is anybody's to give.
 */
export function asleepUntil(tasks: readonly Task[], until: number): ReadonlySet<unknown> {
  const asleep = new Set<unknown>()
  /** Who waits for what, the other way round. */
  const waiters = new Map<unknown, unknown[]>()
  const link = (awaited: unknown, waiter: unknown): void => {
    const known = waiters.get(awaited)
    if (known === undefined) waiters.set(awaited, [waiter])
    else known.push(waiter)
  }
  const seen = new Set<unknown>()
  for (const task of tasks) {
    const { awaiting } = describeTask(task)
    // Of several, helpers side by side, the first may be enough.
    if (awaiting.length !== 1) continue
    link(awaiting[0]!.awaited, task)
    for (const each of allOf(awaiting, seen)) {
      if (sleepsUntil(each.awaited) >= until) asleep.add(each.awaited)
      if (ENDS_WITH_ALL.has(each.name)) for (const member of each.members) link(member.awaited, each.awaited)
    }
  }
  // What is added to a set while it is gone through comes up too.
  for (const each of asleep) for (const waiter of waiters.get(each) ?? []) asleep.add(waiter)
  return asleep
}

/** What `tasks` wait for: futures, and among them other tasks. */
export function awaitedBy(tasks: readonly Task[]): ReadonlySet<unknown> {
  const seen = new Set<unknown>()
  for (const task of tasks) for (const each of allOf(describeTask(task).awaiting, seen)) void each
  return seen
}

/** Those of `awaiting`, and what they wait for themselves, that were not seen before. */
function* allOf(awaiting: readonly AwaitedDescription[], seen: Set<unknown>): Generator<AwaitedDescription> {
  const left = [...awaiting]
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (seen.has(each.awaited)) continue
    seen.add(each.awaited)
    yield each
    for (const member of each.members) left.push(member)
  }
}

function sleepsUntil(awaited: unknown): number {
  const { deadline } = awaited as { readonly deadline?: unknown }
  return typeof deadline === 'number' ? deadline : -Infinity
}
