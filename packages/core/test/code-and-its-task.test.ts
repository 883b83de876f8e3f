import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, describe, expect, test } from 'vitest'
import type { Coroutine, EventLoop } from '../src/index.ts'
import { currentTask, gather, getRunningLoop, runningLoop, sleep, timeout } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { native, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())
const nameHere = (): string | undefined => currentTask()?.getName()

describe('a task is current for its own code', () => {
  test('after a bare await', async () => {
    const loop = newLoop()
    const seen = await loop.runUntilComplete(
      loop.createTask(
        async () => {
          const names = [nameHere()]
          await native(loop, 5)
          names.push(nameHere())
          await null
          names.push(nameHere())
          return names
        },
        { name: 'loader' },
      ),
    )
    expect(seen).toEqual(['loader', 'loader', 'loader'])
  })

  test('behind a promise that another task loads', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    let shared: Promise<string> | undefined
    const load = async (): Promise<string> => {
      await sleep(10)
      return 'settings'
    }
    const use = (name: string) => () =>
      loop.createTask(
        async () => {
          const value = await (shared ??= load())
          push(`${name} ${nameHere()} ${value}`)
          await sleep(1)
          push(`${name} ${nameHere()}`)
        },
        { name },
      )
    await loop.runUntilComplete(() => gather([use('a')(), use('b')(), use('c')()]))
    expect(events).toEqual(['a a settings', 'b b settings', 'c c settings', 'a a', 'b b', 'c c'])
  })

  test('behind a queue that runs what others have given it', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    let last: Promise<unknown> = Promise.resolve()
    const oneByOne = <T>(work: () => Promise<T>): Promise<T> => {
      const next = last.then(work)
      last = next.catch(() => {})
      return next
    }
    const task = (name: string): Promise<void> =>
      loop
        .createTask(
          async () => {
            await oneByOne(() => native(loop, 3))
            push(`${name} is ${nameHere()}`)
          },
          { name },
        )
        .then()
    await loop.runUntilComplete(async () => {
      await Promise.all([task('a'), task('b')])
    })
    expect(events).toEqual(['a is a', 'b is b'])
  })

  test('in a generator task, and in the async helpers that it yields', async () => {
    const loop = newLoop()
    const helper = async (): Promise<string | undefined> => {
      await native(loop, 2)
      return nameHere()
    }
    const seen = await loop.runUntilComplete(
      loop.createTask(
        function* (): Coroutine<unknown[]> {
          const inHelper = yield helper()
          yield native(loop, 2)
          return [inHelper, nameHere()]
        },
        { name: 'generator' },
      ),
    )
    expect(seen).toEqual(['generator', 'generator'])
  })
})

describe('code of no task', () => {
  test('is that of callbacks, also what an async one goes on to do', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    await loop.runUntilComplete(async () => {
      loop.callSoon(() => {
        push(nameHere())
      })
      loop.callSoon(async () => {
        push(nameHere())
        await native(loop, 1)
        push(nameHere(), getRunningLoop() === loop)
      })
      await sleep(10)
    })
    expect(events).toEqual([undefined, undefined, undefined, true])
  })

  test('is that which a task has left running when it ended, and it goes on in peace', async () => {
    const loop = newLoop()
    const { events, push } = recorder<unknown>()
    await loop.runUntilComplete(async () => {
      await loop.createTask(async () => {
        void (async () => {
          await sleep(5)
          push(nameHere())
          await sleep(5)
          push('ended')
        })()
      })
      await sleep(20)
    })
    expect(events).toEqual([undefined, 'ended'])
  })
})

test('two loops at once each keep their code, whoever settles the promises', async () => {
  const [a, b] = [newLoop(), newLoop()]
  const { events, push } = recorder<string>()
  const promises = { a: native(b, 4), b: native(a, 6) }
  const walk = async (loop: EventLoop, name: 'a' | 'b'): Promise<void> => {
    await promises[name]
    push(`${name} ${getRunningLoop() === loop} ${nameHere()}`)
    await sleep(10)
    push(`${name} ${getRunningLoop() === loop} ${nameHere()}`)
  }
  await Promise.all([
    a.runUntilComplete(a.createTask(() => walk(a, 'a'), { name: 'of a' })),
    b.runUntilComplete(b.createTask(() => walk(b, 'b'), { name: 'of b' })),
  ])
  expect(events.sort()).toEqual(['a true of a', 'a true of a', 'b true of b', 'b true of b'])
  expect(runningLoop()).toBeNull()
})

test('what a closed loop has left behind does not go on on another one', async () => {
  const [ended, other] = [newLoop(), newLoop()]
  let settle!: () => void
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  let left: Promise<unknown> = Promise.resolve()
  await ended.runUntilComplete(async () => {
    left = (async () => {
      await promise
      return sleep(1)
    })().catch((error: unknown) => (error as Error).name)
  })
  ended.close()
  await other.runUntilComplete(async () => {
    settle()
    await sleep(5)
  })
  expect(await left).toBe('InvalidStateError')
})

test('stores of the program are those of its code, inside and after scopes', async () => {
  const loop = newLoop()
  const storage = new AsyncLocalStorage<string>()
  const { events, push } = recorder<unknown>()
  await loop.runUntilComplete(() =>
    storage.run('outer', async () => {
      await timeout(100, async () => {
        await native(loop, 1)
        push(storage.getStore())
        await storage.run('inner', async () => {
          await sleep(1)
          push(storage.getStore())
        })
      })
      push(storage.getStore())
      await loop.createTask(function* (): Coroutine<void> {
        yield* timeout(100, function* (): Coroutine<void> {
          yield* sleep(1)
          push(storage.getStore())
        })
        push(storage.getStore())
      })
    }),
  )
  expect(events).toEqual(['outer', 'inner', 'outer', 'outer', 'outer'])
})

test("with attribution 'handle' in debug mode the first wait after a foreign await is warned of, once", async () => {
  const loop = leaks.watch(virtualLoop({ attribution: 'handle', debug: true }))
  const warnings: string[] = []
  const listen = (warning: Error & { code?: string }): void => {
    if (warning.code === 'LOOP_UNKNOWN_TASK') warnings.push(warning.name)
  }
  process.on('warning', listen)
  const ofTheHost = (): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, 1)
    })
  await loop.runUntilComplete(async () => {
    const left = loop.createTask(async () => {
      await ofTheHost()
      await sleep(1)
      await ofTheHost()
      await sleep(1)
    })
    await loop.wrap(left.then())
  })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listen)
  expect(warnings).toEqual(['LoopWarning'])
})
