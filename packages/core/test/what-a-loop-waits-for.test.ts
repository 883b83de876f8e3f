import { expect, test } from 'vitest'
import { allTasks, sleep } from '../src/index.ts'
import { virtualLoop } from './support.ts'

test('the promises of other libraries that futures wait for are counted', async () => {
  const loop = virtualLoop()
  const counts: number[] = []
  const count = () => counts.push(loop.statistics().promises)
  await loop.runUntilComplete(async () => {
    count()
    const [kept, failing, dropped] = [
      loop.wrap(Promise.resolve('settles')),
      loop.wrap(Promise.reject(new Error('fails'))),
      loop.wrap(new Promise(() => {})),
    ]
    count()
    await kept
    await failing.catch(() => {})
    count()
    dropped.cancel()
    dropped.cancel()
    count()
  })
  loop.close()
  expect(counts).toEqual([0, 3, 1, 0])
})

test('the tasks of a loop can be asked for from outside of it', async () => {
  const loop = virtualLoop()
  const task = loop.createTask(() => sleep(10))
  expect([...allTasks(loop)].map((one) => one === task)).toEqual([true]) // not the tasks: a pending future can be iterated for ever
  await loop.runUntilComplete(task)
  expect(allTasks(loop).size).toBe(0)
  loop.close()
})
