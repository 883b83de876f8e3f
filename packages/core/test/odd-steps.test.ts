import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop } from '../src/index.ts'
import { allTasks, CancelledError, gather, isCancellation, run, sleep, wait } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const fail = (): never => {
  throw new Error('not this one')
}

const steps: Record<string, () => unknown> = {
  'gives something whose `then` throws': () => Object.defineProperty({}, 'then', { get: fail }),
  'gives a promise-like whose `then` throws when it is called': () => ({ then: fail }),
  'gives a revoked proxy': revoked,
  'gives an iterator whose steps are nothing': () => ({ next: () => undefined, [Symbol.iterator]: () => ({}) }),
  'gives an async generator': () => (async function* () {})(),
  'yields something whose `then` throws': function* () {
    yield Object.defineProperty({}, 'then', { get: fail })
  },
  'yields a promise-like whose `then` throws when it is called': function* () {
    yield { then: fail }
  },
  'yields an object without a prototype': function* () {
    yield Object.create(null) as object
  },
  'yields a revoked proxy': function* () {
    yield revoked()
  },
  'throws a revoked proxy': async () => {
    await sleep(1)
    throw revoked()
  },
  'throws a revoked proxy while it cleans up': async () => {
    try {
      await sleep(1)
      throw new Error('first')
    } finally {
      // eslint-disable-next-line no-unsafe-finally -- the oddest of clean-ups
      throw revoked()
    }
  },
}

describe.each(Object.entries(steps))('a step that %s', (_name, step) => {
  test('ends its task with an error, whoever waits for it', async () => {
    const loop = newLoop()
    const task = loop.createTask(step as () => Promise<unknown>)
    await loop.runUntilComplete(async () => {
      await wait([task], { timeout: 50 })
      await gather([task], { returnExceptions: true })
      await sleep(1)
    })
    expect([task.done(), task.cancelled(), loop.statistics().tasks]).toEqual([true, false, 0])
    // A revoked proxy is an error like any other, and cannot even be compared.
    expect(task.exception() === null).toBe(false)
  })

  test('does not keep run() from ending', async () => {
    const quiet = (): EventLoop => {
      const loop = virtualLoop()
      loop.setExceptionHandler(() => {})
      return loop
    }
    const program = run(
      async () => {
        await sleep(1)
        return 'ended'
      },
      {
        loopFactory: () => {
          const loop = quiet()
          loop.createTask(step as () => Promise<unknown>)
          return loop
        },
      },
    )
    expect(await program).toBe('ended')
  })
})

describe('what is no coroutine function is refused at the call, and leaves no task', () => {
  test('an async generator function', async () => {
    const loop = newLoop()
    async function* numbers(): AsyncGenerator<number> {
      yield 1
    }
    await loop.runUntilComplete(async () => {
      const refusal = expect.objectContaining({
        name: 'TypeError',
        message: expect.stringContaining('async generator') as string,
      }) as Error
      expect(() => loop.createTask(numbers as never)).toThrow(refusal)
      expect(() => gather([async () => {}, numbers as never])).toThrow(refusal)
      expect(allTasks(loop).size).toBe(1)
    })
  })

  test.each([
    ['a controller', new AbortController()],
    ['an object', {}],
    ['a text', 'signal'],
    ['null', null],
  ])('%s for a signal', async (_name, signal) => {
    const loop = newLoop()
    expect(() => loop.createTask(async () => {}, { signal: signal as never })).toThrow(
      expect.objectContaining({ name: 'TypeError' }),
    )
    expect(loop.statistics().tasks).toBe(0)
  })
})

bothForms('a message of any kind cancels, as text', async ({ coroutine }) => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  for (const message of [Symbol('why'), Object.create(null), new Error('shutting down'), 7, revoked()]) {
    const task = loop.createTask(coroutine(() => sleep(1000)))
    await loop.runUntilComplete(() => sleep(1))
    task.cancel(message as never)
    await loop.runUntilComplete(task).catch((error: unknown) => {
      push(`${(error as Error).name} ${(error as Error).message}`)
    })
  }
  expect(events).toEqual([
    'CancelledError Symbol(why)',
    'CancelledError [Object: null prototype] {}',
    'CancelledError shutting down',
    'CancelledError 7',
    'CancelledError <Revoked Proxy>',
  ])
})

bothForms(
  'a failure that is a revoked proxy reaches who awaits it, and nothing breaks on the way',
  async ({ coroutine }) => {
    const loop = newLoop()
    const future = loop.createFuture<void>()
    const thrown = revoked()
    let caught: unknown
    const task = loop.createTask(coroutine(() => future))
    loop.callSoon(() => {
      future.setException(thrown)
    })
    await loop.runUntilComplete(async () => {
      await task.catch((error: unknown) => {
        caught = error
      })
    })
    expect(caught === thrown).toBe(true)
    expect(thrown instanceof CancelledError).toBe(false)
  },
)

describe('several cancellations in one', () => {
  const first = new CancelledError('first')
  const suppressed = (error: unknown, previous: unknown): Error =>
    Object.assign(new Error('suppressed'), { name: 'SuppressedError', error, suppressed: previous })

  test('are one: of clean-up that was cancelled too, of Promise.any, of functions that take a signal', () => {
    const second = new CancelledError('second')
    expect(
      [
        first,
        suppressed(first, second),
        suppressed(suppressed(first, second), second),
        new AggregateError([first, second]),
        Object.assign(new Error('aborted', { cause: first }), { name: 'AbortError' }),
      ].map(isCancellation),
    ).toEqual([first, first, first, first, first])
  })

  test('are none when one of them is something else', () => {
    const circle = suppressed(first, null) as Error & { suppressed: unknown }
    circle.suppressed = circle
    expect(
      [
        new Error('other'),
        suppressed(first, new Error('other')),
        new AggregateError([first, new Error('other')]),
        new AggregateError([]),
        revoked(),
        null,
        circle,
      ].map(isCancellation),
    ).toEqual([null, null, null, null, null, null, null])
  })

  const cleaning = {
    async: async (): Promise<void> => {
      try {
        await sleep(1000)
      } catch (before) {
        await sleep(10).catch((error: unknown) => {
          throw suppressed(error, before)
        })
      }
    },
    generator: function* (): Coroutine<void> {
      try {
        yield* sleep(1000)
      } catch (before) {
        try {
          yield* sleep(10)
        } catch (error) {
          throw suppressed(error, before)
        }
      }
    },
  }
  test.each(Object.entries(cleaning))('end a task as cancelled: %s', async (_form, coroutine) => {
    const loop = newLoop()
    const task = loop.createTask(coroutine)
    loop.callLater(1, () => task.cancel())
    loop.callLater(2, () => task.cancel())
    await loop.runUntilComplete(task).catch(() => {})
    expect(task.cancelled()).toBe(true)
  })

  test('end a task that was in Promise.any', async () => {
    const loop = newLoop()
    const task = loop.createTask(async () => Promise.any([sleep(10), sleep(20)]))
    loop.callLater(1, () => task.cancel())
    await loop.runUntilComplete(task).catch(() => {})
    expect(task.cancelled()).toBe(true)
  })
})
