import { afterEach, expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { currentTask, EventLoop as Loop, getRunningLoop, runningLoop, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})

test('two loops in one thread each know their own turns, tasks and time', async () => {
  const loops = { a: leaks.watch(virtualLoop()), b: leaks.watch(virtualLoop()) }
  const { events, push } = recorder<string>()
  const walk = async (name: 'a' | 'b', ms: number): Promise<void> => {
    for (let step = 0; step < 3; step++) {
      await sleep(ms)
      push(`${name} ${getRunningLoop() === loops[name]} ${currentTask()?.getName()} ${getRunningLoop().time()}`)
    }
  }
  const start = (name: 'a' | 'b', ms: number): Promise<void> =>
    loops[name].runUntilComplete(loops[name].createTask(() => walk(name, ms), { name }))
  await Promise.all([start('a', 10), start('b', 7)])
  expect(events.filter((event) => event.startsWith('a'))).toEqual(['a true a 10', 'a true a 20', 'a true a 30'])
  expect(events.filter((event) => event.startsWith('b'))).toEqual(['b true b 7', 'b true b 14', 'b true b 21'])
  expect(runningLoop()).toBeNull()
})

test('between turns the loop that was started last counts as the running one', async () => {
  const [first, second] = [leaks.watch(new Loop()), leaks.watch(new Loop())]
  const seen: (EventLoop | null)[] = []
  const stop = (loop: EventLoop): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(() => {
        seen.push(runningLoop())
        loop.callSoonThreadsafe(() => {
          loop.stop()
        })
        resolve()
      }, 2)
    })
  const runs = [first.runForever(), second.runForever()]
  await stop(second)
  await runs[1]
  await stop(first)
  await runs[0]
  expect(seen.map((loop) => (loop === first ? 'first' : loop === second ? 'second' : 'none'))).toEqual([
    'second',
    'first',
  ])
  expect(runningLoop()).toBeNull()
})

test('a loop can be used again after it stopped, and keeps what was scheduled', async () => {
  const loop = leaks.watch(virtualLoop())
  const { events, push } = recorder<string>()
  loop.callLater(50, push, 'timer')
  const task = loop.createTask(() => sleep(30, 'task'))
  loop.callLater(10, () => {
    loop.stop()
  })
  await loop.runForever()
  push(`stopped at ${loop.time()}, task done: ${task.done()}`)
  push(await loop.runUntilComplete(task))
  await loop.runUntilComplete(() => sleep(100))
  expect(events).toEqual(['stopped at 10, task done: false', 'task', 'timer'])
})
