import { afterEach, expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { currentTask, sleep, taskGroup, timeout } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop({ attribution: 'handle' }))

test('a scope ends what waits in it, and the task comes out of it as itself', async () => {
  const loop = newLoop()
  const { events, push } = recorder<unknown>()
  await loop.runUntilComplete(async () => {
    const task = currentTask()
    const note = (what: string): void => {
      push(
        `${what}: ${currentTask() === task ? 'in the task' : 'lost'}, aborted ${task!.signal.aborted}, at ${loop.time()}`,
      )
    }
    for (const ms of [10, 0]) {
      await timeout(ms, async () => {
        await sleep(300)
      }).catch((error: unknown) => {
        push((error as Error).name)
      })
      note(`after a timeout of ${ms}`)
      await sleep(1)
    }
    await taskGroup(async (group) => {
      await sleep(1)
      group.cancel()
    })
    note('after a cancelled group')
  })
  expect(events).toEqual([
    'TimeoutError',
    'after a timeout of 10: in the task, aborted false, at 10',
    'TimeoutError',
    'after a timeout of 0: in the task, aborted false, at 11',
    'after a cancelled group: in the task, aborted false, at 13',
  ])
})

test('scopes side by side each end what waits in them', async () => {
  const loop = newLoop()
  const seen = await loop.runUntilComplete(async () =>
    Promise.allSettled([
      timeout(10, async () => {
        await sleep(100)
      }),
      timeout(50, () => sleep(30, 'in time')),
      sleep(60, 'without a limit'),
    ]),
  )
  expect(seen.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).name))).toEqual([
    'TimeoutError',
    'in time',
    'without a limit',
  ])
})
