import { expect, test } from 'vitest'
import { CancelledError, currentTask, EventLoop, sleep, timeout, TimeoutError } from '../src/index.ts'
import { describeTask, ReusableWait } from '../src/lowlevel.ts'
import { leakCheck } from '../src/testing/index.ts'

async function onLoop(main: (loop: EventLoop) => Promise<void>): Promise<void> {
  const leaks = leakCheck()
  const loop = leaks.watch(new EventLoop())
  await loop.runUntilComplete(() => main(loop))
  leaks.check()
}

test('one object waits again and again, and gives what is there when the waiting code goes on', () =>
  onLoop(async (loop) => {
    let value = 0
    const source = new ReusableWait(loop, () => value)
    const got: number[] = []
    const reader = loop.createTask(async () => {
      for (let i = 0; i < 3; i++) got.push(await source.wait()!)
    })
    await sleep(0)
    for (const next of [1, 2, 3]) {
      expect(source.active).toBe(true)
      source.wake()
      source.wake()
      // Between the wake and its handle.
      value = next
      await sleep(0)
      await sleep(0)
    }
    await reader
    expect(got).toEqual([1, 2, 3])
    expect(source.active).toBe(false)
  }))

test('a timeout around it, and the cancellation of its task, end the wait', () =>
  onLoop(async (loop) => {
    const source = new ReusableWait(loop, () => 'value')
    await expect(timeout(1, () => source.wait()!)).rejects.toBeInstanceOf(TimeoutError)
    expect(source.active).toBe(false)
    const task = loop.createTask(() => source.wait()!)
    await sleep(0)
    expect(describeTask(task).awaiting.map(({ name }) => name)).toEqual(['ReusableWait'])
    task.cancel('enough')
    await expect(Promise.resolve(task)).rejects.toBeInstanceOf(CancelledError)
    expect(source.active).toBe(false)
  }))

test('a cancellation between the wake and its handle is thrown in place of the value', () =>
  onLoop(async (loop) => {
    let taken = 0
    const source = new ReusableWait(loop, () => ++taken)
    const task = loop.createTask(() => source.wait()!)
    await sleep(0)
    source.wake()
    task.cancel()
    await expect(Promise.resolve(task)).rejects.toBeInstanceOf(CancelledError)
    expect(taken).toBe(0)
  }))

test('what take throws is thrown where it is awaited', () =>
  onLoop(async (loop) => {
    const source = new ReusableWait(loop, () => {
      throw new RangeError('broken')
    })
    const task = loop.createTask(() => source.wait()!)
    await sleep(0)
    source.wake()
    await expect(Promise.resolve(task)).rejects.toThrow('broken')
    expect(currentTask()).not.toBe(null)
  }))

test('code of no task of its loop is told to wait otherwise', () =>
  onLoop(async () => {
    const other = new EventLoop()
    expect(new ReusableWait(other, () => 1).wait()).toBe(null)
    other.close()
    await sleep(0)
  }))
