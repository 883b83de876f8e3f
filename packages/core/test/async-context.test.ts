import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { getRunningLoop, run, sleep } from '../src/index.ts'
import { memoryPipe, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const request = new AsyncLocalStorage<string>()

/** Runs `body` on a loop in virtual time and gives what it records. */
async function recorded(body: (loop: EventLoop, note: () => void) => Promise<void>): Promise<unknown[]> {
  const { events, push } = recorder()
  const note = (): void => {
    push(request.getStore())
  }
  const loopFactory = (): EventLoop => virtualLoop()
  await request.run('outside', () => run(() => body(getRunningLoop(), note), { loopFactory }))
  return events
}

test('a handle runs in the context of the call that scheduled it', async () => {
  const seen = await recorded(async (loop, note) => {
    request.run('soon', () => loop.callSoon(note))
    request.run('later', () => loop.callLater(2, note))
    request.run('at', () => loop.callAt(loop.time() + 1, note))
    request.run('threadsafe', () => loop.callSoonThreadsafe(note))
    await sleep(5)
    note()
  })
  expect(seen).toEqual(['soon', 'threadsafe', 'at', 'later', 'outside'])
})

test('a done callback runs in the context in which it was added, whoever sets the result', async () => {
  const seen = await recorded(async (loop, note) => {
    const future = loop.createFuture<null>()
    request.run('callback', () => {
      future.addDoneCallback(note)
    })
    request.run('then', () => void future.then(note))
    request.run('setter', () => {
      future.setResult(null)
    })
    await sleep(0)
  })
  expect(seen).toEqual(['callback', 'then'])
})

bothForms('a task keeps the context in which it was made, over every wait', async ({ coroutine }) => {
  const seen = await recorded(async (loop, note) => {
    const future = loop.createFuture<null>()
    const task = request.run('task', () =>
      loop.createTask(
        coroutine(
          note,
          () => sleep(0),
          note,
          () => sleep(1),
          note,
          () => future,
          note,
        ),
      ),
    )
    request.run('setter', () => {
      loop.callLater(2, () => {
        future.setResult(null)
      })
    })
    await task
    note()
  })
  expect(seen).toEqual(['task', 'task', 'task', 'task', 'outside'])
})

bothForms('a promise of another library leaves the context of the task as it was', async ({ coroutine }) => {
  const seen = await recorded(async (loop, note) => {
    const foreign = new Promise<void>((resolve) => {
      request.run('foreign', () => setTimeout(resolve, 1))
    })
    await request.run('task', () =>
      loop.createTask(
        coroutine(
          () => loop.wrap(foreign),
          note,
          () => foreign,
          note,
        ),
      ),
    )
  })
  expect(seen).toEqual(['task', 'task'])
})

test('a reader runs in the context in which it was added', async () => {
  const { reader, write } = memoryPipe()
  const seen = await recorded(async (loop, note) => {
    const future = loop.createFuture<null>()
    request.run('reader', () => {
      loop.addReader(reader, () => {
        note()
        loop.removeReader(reader)
        future.setResult(null)
      })
    })
    request.run('writer', write)
    await future
  })
  expect(seen).toEqual(['reader'])
})

test('what wakes a sleeping loop does not lend it its context', async () => {
  const seen = await recorded(async (loop, note) => {
    const future = loop.createFuture<null>()
    const observer = loop.addObserver({ turnStarted: note })
    request.run('waker', () =>
      setTimeout(() => {
        loop.callSoon(() => {
          future.setResult(null)
        })
      }, 1),
    )
    await future
    observer[Symbol.dispose]()
  })
  expect(new Set(seen)).toEqual(new Set(['outside']))
})
