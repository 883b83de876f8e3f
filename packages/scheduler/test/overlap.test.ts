import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import type { OverlapPolicy } from '../src/index.ts'
import { eventLog, inVirtualTime, schedulerIn } from './support.ts'

/** A job of 250 ms every 100 ms, for 600 ms. */
async function overlapping(overlap: OverlapPolicy): Promise<{ events: string[]; log: string[] }> {
  const { events, push } = recorder<string>()
  let log: string[] = []
  await inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    log = eventLog(scheduler, 'overlap')
    let runs = 0
    scheduler.recurring(
      'slow',
      async ({ signal }) => {
        const number = ++runs
        const now = (): number => world.loop.time()
        push(`${now()} begin ${number}`)
        try {
          await sleep(250)
          push(`${now()} end ${number}`)
        } catch (error) {
          push(`${now()} cut ${number} ${signal.aborted}`)
          throw error
        }
      },
      { every: 100, overlap, limit: 4 },
    )
    await sleep(600)
  })
  return { events, log }
}

test('skip: what comes while the job runs is left out', async () => {
  const { events, log } = await overlapping('skip')
  expect(events).toEqual(['100 begin 1', '350 end 1', '400 begin 2', '650 end 2'])
  expect(log).toEqual([
    'overlap name=slow scheduledFor=00:00:00.200 action=skipped',
    'overlap name=slow scheduledFor=00:00:00.300 action=skipped',
  ])
})

test('queue: what comes waits for its turn', async () => {
  const { events, log } = await overlapping('queue')
  // At 600 the scheduler ends: the run in progress finishes, what waits does not begin.
  expect(events).toEqual(['100 begin 1', '350 end 1', '350 begin 2', '600 end 2'])
  expect(log[0]).toBe('overlap name=slow scheduledFor=00:00:00.200 action=queued')
})

test('parallel: runs lie beside each other', async () => {
  const { events, log } = await overlapping('parallel')
  expect(events).toEqual([
    '100 begin 1',
    '200 begin 2',
    '300 begin 3',
    '350 end 1',
    '400 begin 4',
    '450 end 2',
    '550 end 3',
    '650 end 4',
  ])
  expect(log).toEqual([])
})

test('replace: the newest run is the only one', async () => {
  const { events, log } = await overlapping('replace')
  expect(events).toEqual([
    '100 begin 1',
    '200 cut 1 true',
    '200 begin 2',
    '300 cut 2 true',
    '300 begin 3',
    '400 cut 3 true',
    '400 begin 4',
    '650 end 4',
  ])
  expect(log).toEqual([
    'overlap name=slow scheduledFor=00:00:00.200 action=replaced',
    'overlap name=slow scheduledFor=00:00:00.300 action=replaced',
    'overlap name=slow scheduledFor=00:00:00.400 action=replaced',
  ])
})
