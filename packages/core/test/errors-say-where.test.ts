import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop } from '../src/index.ts'
import { gather, sleep, taskGroup, timeout, timeoutAt, waitFor } from '../src/index.ts'
import { leakCheck } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())
const caught = async (promise: PromiseLike<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error as Error,
  )

/** Functions of a program, which a stack must name. */
async function loadProfile(wait: () => PromiseLike<unknown>): Promise<unknown> {
  return await wait()
}
async function showPage(wait: () => PromiseLike<unknown>): Promise<unknown> {
  return await loadProfile(wait)
}
function* loadPicture(wait: () => Iterable<unknown>): Coroutine<unknown> {
  return yield* wait() as Coroutine<unknown>
}
function* showGallery(wait: () => Iterable<unknown>): Coroutine<unknown> {
  return yield* loadPicture(wait)
}

describe('a TimeoutError', () => {
  const limits = {
    timeout: () => timeout(23, () => sleep(1000)),
    waitFor: () => waitFor(sleep(1000), 23),
    timeoutAt: () => timeoutAt(23, () => sleep(1000)),
  }
  test.each(Object.entries(limits))('of %s says which deadline, and where', async (_name, limit) => {
    const error = await newLoop().runUntilComplete(async () => caught(showPage(limit)))
    expect([error.name, error.message]).toEqual(['TimeoutError', expect.stringContaining('23 ms')])
    expect(error.stack).toMatch(/loadProfile[^]*showPage/)
  })

  test.each(Object.entries(limits))('of %s in a generator task, too', async (_name, limit) => {
    const error = await newLoop().runUntilComplete(function* (): Coroutine<Error> {
      try {
        yield* showGallery(limit)
        return new Error('nothing was thrown')
      } catch (thrown) {
        return thrown as Error
      }
    })
    expect([error.name, error.message]).toEqual(['TimeoutError', expect.stringContaining('23 ms')])
    expect(error.stack).toMatch(/loadPicture[^]*showGallery/)
  })
})

describe('a CancelledError', () => {
  const waits: Record<string, (loop: EventLoop) => PromiseLike<unknown> & Iterable<unknown>> = {
    sleep: () => sleep(1000),
    'a future': (loop) => loop.createFuture(),
    gather: () => gather([() => sleep(1000)]),
    timeout: () => timeout(5000, () => sleep(1000)) as never,
    taskGroup: () => taskGroup(() => sleep(1000)) as never,
  }
  test.each(Object.entries(waits))('out of %s has the stack of the await, and says who asked', async (_name, wait) => {
    const loop = newLoop()
    let error: Error | undefined
    const task = loop.createTask(async () => {
      error = await caught(showPage(() => wait(loop)))
      throw error
    })
    await loop.runUntilComplete(async () => {
      await sleep(5)
      await loop.createTask(async () => task.cancel(), { name: 'supervisor' })
      await task.catch(() => {})
    })
    expect([error?.name, error?.message]).toEqual(['CancelledError', 'cancelled by supervisor'])
    expect(error?.stack).toMatch(/loadProfile[^]*showPage/)
  })

  test.each(Object.entries(waits))('out of %s in a generator task, too', async (_name, wait) => {
    const loop = newLoop()
    let error: Error | undefined
    const task = loop.createTask(function* (): Coroutine<void> {
      try {
        yield* showGallery(() => wait(loop))
      } catch (thrown) {
        error = thrown as Error
        throw thrown
      }
    })
    loop.callLater(5, function stopAll() {
      task.cancel()
    })
    await caught(loop.runUntilComplete(task))
    expect([error?.name, error?.message]).toEqual(['CancelledError', 'cancelled by the callback stopAll'])
    expect(error?.stack).toMatch(/loadPicture[^]*showGallery/)
  })

  test('says so of a group, a deadline, a signal and the end of run', async () => {
    const loop = newLoop()
    const messages: string[] = []
    const note = async (): Promise<void> => {
      messages.push((await caught(sleep(1000))).message)
    }
    await loop.runUntilComplete(async () => {
      await caught(
        taskGroup(async (group) => {
          group.createTask(note)
          group.createTask(
            async () => {
              throw new Error('failed')
            },
            { name: 'child' },
          )
        }),
      )
      await caught(timeout(7, note))
      const controller = new AbortController()
      const task = loop.createTask(note, { signal: controller.signal })
      await sleep(1)
      controller.abort(new Error('the user has gone'))
      await task
    })
    expect(messages).toEqual(['child failed in the task group', 'the deadline of 7 ms passed', 'the user has gone'])
  })
})

test("the stack of an error shows the program's functions, whatever the loop does between", async () => {
  const loop = newLoop()
  const failing = async (): Promise<never> => {
    await sleep(1)
    throw new Error('deep')
  }
  const error = await loop.runUntilComplete(async () => caught(loop.createTask(() => showPage(failing))))
  expect(error.stack).toMatch(/failing[^]*loadProfile[^]*showPage/)
  const other = await loop.runUntilComplete(async () =>
    caught(
      loop.createTask(() =>
        showGallery(function* () {
          yield* sleep(1)
          throw new Error('deep')
        } as () => Iterable<unknown>),
      ),
    ),
  )
  expect(other.stack).toMatch(/loadPicture[^]*showGallery/)
})
