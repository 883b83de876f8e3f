import { sleep } from '@loop/core'
import type { AsyncScheduler, JobStore } from '../../src/index.ts'
import type { World } from '../support.ts'
import { NEW_YEAR, schedulerIn } from '../support.ts'

const MINUTE = 60_000
/** Longer than the longest lease, the longest wait for an answer and the longest pause between two questions. */
const SETTLE = 6 * MINUTE

/** What came of a scenario; a run is complete when `lost`, `doubled` and `troubles` are empty. */
export interface Outcome {
  readonly lost: string[]
  readonly doubled: string[]
  /** Anything else that is not as it should be in the end. */
  readonly troubles: string[]
  /** The texts of errors of the store, the first cause of each, in the order in which they were reported. */
  readonly causes: string[]
}

/**
 * Four minutes of a small service: an interval that may not overlap itself, cron, one-time jobs with data, a run that
 * fails once and is repeated, a job that is paused and goes on, and one that is removed. Every occurrence has to run
 * to its end once, whatever the store does. `settling` is called when all should have run, and the store is given time.
 */
export async function scenario(world: World, stores: readonly JobStore[], settling: () => void): Promise<Outcome> {
  const ends = new Map<string, number>()
  const causes: string[] = []
  const troubles: string[] = []
  const schedulers: AsyncScheduler[] = []
  for (const store of stores) {
    const scheduler = schedulerIn(world, { store })
    schedulers.push(scheduler)
    // A store is opened as the scheduler is made, before anybody can listen.
    causes.push(...world.reported.splice(0))
    scheduler.on('storeError', ({ error }) => causes.push(firstCause(error)))
    define(scheduler, ends)
  }
  const [first] = schedulers
  first!.once('mail-1', 'mail', { at: new Date(NEW_YEAR + 1.5 * MINUTE), data: { to: 'ada' } })
  await sleep(1.2 * MINUTE)
  first!.pause('rests')
  schedulers.at(-1)!.once('mail-2', 'mail', { at: new Date(NEW_YEAR + 2.5 * MINUTE), data: { to: 'bob' } })
  await sleep(MINUTE / 10)
  first!.resume('rests')
  const removed = first!.remove('gone').then(
    () => null,
    () => null,
  )
  await sleep(3 * MINUTE)
  await removed
  settling()
  await sleep(SETTLE)
  for (const [index, scheduler] of schedulers.entries()) {
    const { ok, late, leases, unstored, registering, store } = scheduler.health()
    if (!ok || late.length > 0 || leases > 0 || unstored > 0 || registering > 0) {
      const trouble = store.trouble === null ? '' : `, ${store.trouble.action}: ${firstCause(store.trouble.error)}`
      troubles.push(`scheduler ${index}: ${leases} leases, ${unstored} unstored, ${registering} registering${trouble}`)
    }
    await scheduler.close()
  }
  for (const message of world.reported.splice(0)) troubles.push(`reported: ${message}`)
  const all = expected()
  return {
    lost: all.filter((key) => !ends.has(key)),
    doubled: [...ends].filter(([, count]) => count > 1).map(([key]) => key),
    troubles: [...troubles, ...[...ends.keys()].filter((key) => !all.includes(key)).map((key) => `unplanned: ${key}`)],
    causes,
  }
}

function define(scheduler: AsyncScheduler, ends: Map<string, number>): void {
  const work = async ({ key }: { key: string }): Promise<void> => {
    await sleep(300)
    ends.set(key, (ends.get(key) ?? 0) + 1)
  }
  const every = {
    missed: 'all',
    catchUpWindow: Infinity,
    overlap: 'queue',
    end: new Date(NEW_YEAR + 4 * MINUTE + 1),
  } as const
  let failures = 0
  scheduler.define('mail', work)
  scheduler.recurring('tick', work, { every: MINUTE / 2, start: new Date(NEW_YEAR + MINUTE / 2), ...every })
  scheduler.recurring('cron', work, { cron: '* * * * *', timeZone: 'UTC', ...every })
  scheduler.recurring(
    'flaky',
    async (context) => {
      if (++failures % 3 === 1) throw new Error('not yet')
      await work(context)
    },
    { every: 2 * MINUTE, start: new Date(NEW_YEAR + 2 * MINUTE), ...every, retry: { attempts: 4, delay: 100 } },
  )
  scheduler.on('failure', () => {
    // It is repeated.
  })
  // What was due and not stored when a job is paused is left out, so that one that is paused cannot be counted.
  scheduler.recurring('rests', () => {}, { every: MINUTE / 2 })
  scheduler.recurring('gone', () => {}, { every: 7 * MINUTE })
}

function expected(): string[] {
  const keys = ['mail-1@90', 'mail-2@150', 'flaky@120', 'flaky@240']
  for (let at = 30; at <= 240; at += 30) keys.push(`tick@${at}`)
  for (let at = 60; at <= 240; at += 60) keys.push(`cron@${at}`)
  return keys.map((key) => key.replace(/\d+$/, (seconds) => String(NEW_YEAR + Number(seconds) * 1000)))
}

/** The text of the error at the root. */
export function firstCause(error: unknown): string {
  let root = error
  while (root instanceof Error && root.cause !== undefined) root = root.cause
  return root instanceof Error ? root.message : String(root)
}
