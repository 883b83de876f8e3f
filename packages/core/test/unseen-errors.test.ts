import { expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { gather, shield, sleep } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

/** What a loop reports by its close, for futures and tasks that `body` leaves behind. */
async function reports(body: (loop: EventLoop) => void | Promise<void>): Promise<string[]> {
  const loop = virtualLoop()
  const { events, push } = recorder<string>()
  loop.setExceptionHandler((_loop, { message, exception }) => {
    push(`${message}: ${String(exception)}`)
  })
  await loop.runUntilComplete(async () => {
    await body(loop)
    await sleep(10)
  })
  expect(events).toEqual([])
  loop.close()
  loop.close()
  return events
}

const failing = async (): Promise<void> => {
  throw new Error('unseen')
}

test('a failed task that nobody awaited is reported once, at close', async () => {
  expect(await reports((loop) => void loop.createTask(failing, { name: 'lost' }))).toEqual([
    'Task exception was never retrieved: lost: Error: unseen',
  ])
})

test('so is a failed future', async () => {
  expect(
    await reports((loop) => {
      loop.createFuture().setException(new Error('unseen'))
    }),
  ).toEqual(['Future exception was never retrieved: Error: unseen'])
})

test('looking at it in any way is enough', async () => {
  expect(
    await reports(async (loop) => {
      const tasks = Array.from({ length: 7 }, () => loop.createTask(failing))
      tasks[0]!.catch(() => {})
      tasks[1]!.addDoneCallback((task) => task.exception())
      await sleep(1)
      tasks[2]!.exception()
      await tasks[3]!.catch(() => {})
      expect(() => tasks[4]!.result()).toThrow('unseen')
      await gather([tasks[5]!], { returnExceptions: true })
      await gather([tasks[6]!]).catch(() => {})
    }),
  ).toEqual([])
})

test('cancellation is no error', async () => {
  expect(
    await reports((loop) => {
      loop.createTask(() => sleep(1000)).cancel()
      loop.createFuture().cancel()
    }),
  ).toEqual([])
})

test('failures that come too late for gather count as seen', async () => {
  expect(
    await reports(async (loop) => {
      const late = async (): Promise<void> => {
        await sleep(2)
        throw new Error('late')
      }
      const gathered = gather([failing, late])
      await gathered.catch(() => {})
      expect(loop.statistics().tasks).toBe(2)
    }),
  ).toEqual([])
})

test('a callback that does not look at the failure does not count', async () => {
  expect(
    await reports((loop) => {
      loop.createTask(failing, { name: 'watched' }).addDoneCallback(() => {})
    }),
  ).toEqual(['Task exception was never retrieved: watched: Error: unseen'])
})

test('what is shielded fails on its own account once its awaiter went away', async () => {
  expect(
    await reports((loop) => {
      const inner = loop.createTask(
        async () => {
          await sleep(2)
          throw new Error('unseen')
        },
        { name: 'shielded' },
      )
      shield(inner).cancel()
    }),
  ).toEqual(['Task exception was never retrieved: shielded: Error: unseen'])
})

test('a failed future that is collected is reported without waiting for close', async () => {
  const loop = virtualLoop()
  const { events, push } = recorder<string>()
  loop.setExceptionHandler((_loop, { message }) => {
    push(message)
  })
  loop.createFuture().setException(new Error('collected'))
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  // A registry's callbacks come in a later task of the host; how many collections it takes is V8's to say.
  for (let round = 0; round < 100 && events.length === 0; round++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(events).toEqual(['Future exception was never retrieved'])
  loop.close()
  expect(events).toHaveLength(1)
})
