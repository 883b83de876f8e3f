import { afterEach, expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { shield, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

bothForms('cancelling who awaits the shield leaves the inner task alone', async ({ coroutine }) => {
  const loop = newLoop()
  const inner = loop.createTask(() => sleep(50, 'inner'))
  const outer = loop.createTask(coroutine(() => shield(inner)))
  loop.callLater(5, () => outer.cancel())
  await expect(loop.runUntilComplete(outer)).rejects.toThrow(expect.objectContaining({ name: 'CancelledError' }))
  expect(inner.done()).toBe(false)
  expect(await loop.runUntilComplete(inner)).toBe('inner')
})

test('results, errors and cancellation of the inner task come through', async () => {
  const loop = newLoop()
  const outcome = await loop.runUntilComplete(async () => {
    const failing = async (): Promise<never> => {
      throw new Error('inner failed')
    }
    const cancelled = loop.createTask(() => sleep(1000))
    loop.callLater(2, () => cancelled.cancel())
    return [
      await shield(() => sleep(1, 'value')),
      await shield(failing).catch((error: unknown) => (error as Error).message),
      await shield(cancelled).catch((error: unknown) => (error as Error).name),
    ]
  })
  expect(outcome).toEqual(['value', 'inner failed', 'CancelledError'])
})

test('the shield of a done future is that future', () => {
  const done = newLoop().createFuture<string>()
  done.setResult('done')
  expect(shield(done)).toBe(done)
})

test('clean-up that must not be interrupted', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  const commit = async (): Promise<void> => {
    await sleep(20)
    push('committed')
  }
  const task = loop.createTask(async () => {
    try {
      await sleep(1000)
    } finally {
      await shield(loop.createTask(commit))
    }
  })
  loop.callLater(1, () => task.cancel())
  loop.callLater(5, () => task.cancel())
  await loop.runUntilComplete(() => sleep(100))
  expect([task.cancelled(), events]).toEqual([true, ['committed']])
})
