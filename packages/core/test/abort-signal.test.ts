import { afterEach, describe, expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { CancelledError, currentTask, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

describe('from a signal to a task', () => {
  bothForms('abort cancels the task, with the message of the reason', async ({ coroutine }) => {
    const loop = newLoop()
    const controller = new AbortController()
    const task = loop.createTask(
      coroutine(() => sleep(1000)),
      { signal: controller.signal },
    )
    loop.callLater(5, () => {
      controller.abort(new Error('user left'))
    })
    await expect(loop.runUntilComplete(task)).rejects.toThrow('user left')
    expect([task.cancelled(), loop.time()]).toEqual([true, 5])
  })

  test('a signal that was aborted before cancels the task before its first step', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const task = loop.createTask(async () => push('started'), { signal: AbortSignal.abort() })
    await expect(loop.runUntilComplete(task)).rejects.toBeInstanceOf(CancelledError)
    expect(events).toEqual([])
  })

  test('one signal for many tasks is one listener, and ends them all', async () => {
    const loop = newLoop()
    const controller = new AbortController()
    const { signal } = controller
    const warnings: Error[] = []
    const listen = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listen)
    const tasks = Array.from({ length: 100 }, () => loop.createTask(() => sleep(1000), { signal }))
    await loop.runUntilComplete(() => sleep(1))
    controller.abort(new Error('enough'))
    await loop.runUntilComplete(() => sleep(1))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    expect(tasks.map((task) => task.cancelled())).toEqual(tasks.map(() => true))
    expect(warnings).toEqual([])
  })

  test('a task that is done no longer listens', async () => {
    const loop = newLoop()
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(signal, args)
    }
    const task = loop.createTask(() => sleep(1), { signal })
    expect(listeners).toBe(1)
    await loop.runUntilComplete(task)
    expect(listeners).toBe(0)
    controller.abort()
    expect(task.cancelled()).toBe(false)
  })
})

describe('from a task to a signal', () => {
  test('task.signal is aborted as soon as cancel is called, before the task goes on', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const task = loop.createTask(async () => {
      currentTask()!.signal.addEventListener('abort', () => {
        push('aborted')
      })
      try {
        await sleep(1000)
      } finally {
        push('cancelled')
      }
    })
    loop.callLater(1, () => {
      task.cancel('why')
      push('cancel returned')
    })
    await expect(loop.runUntilComplete(task)).rejects.toThrow('why')
    expect(events).toEqual(['aborted', 'cancel returned', 'cancelled'])
    expect((task.signal.reason as Error).message).toBe('why')
  })

  test('a signal first asked for after the cancellation is aborted', async () => {
    const loop = newLoop()
    const task = loop.createTask(() => sleep(1000))
    task.cancel('before')
    expect(task.signal.aborted).toBe(true)
    await expect(loop.runUntilComplete(task)).rejects.toBeInstanceOf(CancelledError)
    expect(task.signal.aborted).toBe(true)
  })

  test('a task that ends well leaves its signal alone', async () => {
    const loop = newLoop()
    const task = loop.createTask(() => sleep(1))
    const { signal } = task
    await loop.runUntilComplete(task)
    expect(signal.aborted).toBe(false)
  })
})
