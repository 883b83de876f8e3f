import { expect, test } from 'vitest'
import type { Future } from '../src/index.ts'
import { EventLoop, getRunningLoop, LoopClosedError, run, runningLoop, sleep } from '../src/index.ts'

/** A few rounds of Node's loop. */
async function rounds(): Promise<void> {
  for (let round = 0; round < 10; round++)
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
}

/** A loop with a program that waits, and notes if it goes on. */
async function started(drain: 'auto' | 'public' = 'auto') {
  const happened: string[] = []
  const loop = new EventLoop({ drain })
  const future: Future<void> = loop.createFuture()
  loop.setExceptionHandler((_loop, { message }) => happened.push(message))
  void loop.runUntilComplete(async () => {
    happened.push('main')
    loop.createTask(() => Promise.reject(new Error('nobody looks')))
    try {
      await future
    } finally {
      happened.push('finally')
    }
  })
  while (happened.length === 0) await rounds()
  await rounds()
  return { loop, happened, future }
}

test.each(['auto', 'public'] as const)('nothing of an abandoned loop runs on (drain: %s)', async (drain) => {
  const { loop, happened, future } = await started(drain)
  loop.callSoon(() => happened.push('a callback'))
  loop.abandon()
  future.setResult()
  await rounds()
  expect(happened).toEqual(['main'])
  expect([loop.isRunning(), loop.isClosed()]).toEqual([false, true])
  expect(() => loop.callSoon(() => {})).toThrow(LoopClosedError)
  expect(runningLoop()).toBeNull()
})

test.each(['auto', 'public'] as const)('nor in the turn in which it is abandoned (drain: %s)', async (drain) => {
  const happened: string[] = []
  const loop = new EventLoop({ drain })
  void loop.runUntilComplete(async () => {
    loop.callSoon(() => {
      happened.push('first')
      loop.abandon()
    })
    loop.callSoon(() => happened.push('second'))
    await sleep(0)
    happened.push('main')
  })
  await rounds()
  expect(happened).toEqual(['first'])
})

test('other loops go on beside it, also when it is abandoned from one of them', async () => {
  const { loop, happened, future } = await started()
  await run(async () => {
    const mine = getRunningLoop()
    await sleep(1)
    loop.abandon()
    future.setResult()
    await sleep(1)
    expect(getRunningLoop()).toBe(mine)
  })
  expect(happened).toEqual(['main'])
})
