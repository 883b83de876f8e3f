import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import type { Coroutine, EventLoop } from '../src/index.ts'
import { CancelledError, getRunningLoop, run, Runner, sleep } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('run', () => {
  test('gives the result of main, of either kind, and its type', async () => {
    const fromAsync = await run(async () => sleep(1, 'async'), { loopFactory: virtualLoop })
    const fromGenerator = await run(
      function* (): Coroutine<number> {
        return yield* sleep(1, 5)
      },
      { loopFactory: virtualLoop },
    )
    expectTypeOf(fromAsync).toEqualTypeOf<string>()
    expectTypeOf(fromGenerator).toEqualTypeOf<number>()
    expect([fromAsync, fromGenerator]).toEqual(['async', 5])
  })

  test('throws what main throws, and closes the loop all the same', async () => {
    const loop = virtualLoop()
    const failing = async (): Promise<void> => {
      throw new RangeError('main')
    }
    await expect(run(failing, { loopFactory: () => loop })).rejects.toThrow(RangeError)
    expect(loop.isClosed()).toBe(true)
  })

  test('makes a loop of its own on the host without options', async () => {
    expect(await run(async () => getRunningLoop().selector.name)).toBe('host')
  })

  test('debug is handed on', async () => {
    expect(await run(async () => getRunningLoop().debug, { debug: true, loopFactory: virtualLoop })).toBe(true)
    const debugging = (): EventLoop => virtualLoop({ debug: true })
    expect(await run(async () => getRunningLoop().debug, { debug: false, loopFactory: debugging })).toBe(false)
    expect(await run(async () => getRunningLoop().debug, { loopFactory: debugging })).toBe(true)
  })

  test('takes a function, and no call from inside a task', async () => {
    await expect(run(Promise.resolve() as never)).rejects.toThrow(TypeError)
    await run(
      async () => {
        await expect(run(async () => {})).rejects.toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
      },
      { loopFactory: virtualLoop },
    )
  })
})

describe('what main leaves behind', () => {
  bothForms('is cancelled, and its clean-up awaited', async ({ coroutine }) => {
    const { events, push, on } = recorder<string>()
    const leftover = async (): Promise<void> => {
      try {
        await sleep(1_000_000)
      } catch (error) {
        push((error as Error).name)
        await sleep(10)
        push('cleaned up')
        throw error
      }
    }
    await run(
      coroutine(
        () => {
          getRunningLoop().createTask(leftover)
        },
        () => sleep(1),
        on('main ends'),
      ),
      { loopFactory: virtualLoop },
    )
    expect(events).toEqual(['main ends', 'CancelledError', 'cleaned up'])
  })

  test('errors of the clean-up are reported, each', async () => {
    const { events, push } = recorder<string>()
    const loop = virtualLoop()
    loop.setExceptionHandler((_loop, { message, exception }) => {
      push(`${message} / ${String(exception)}`)
    })
    const failing = (name: string) => async (): Promise<void> => {
      await sleep(1000).catch(() => {
        throw new Error(`${name} failed`)
      })
    }
    await run(
      async () => {
        for (const name of ['a', 'b']) loop.createTask(failing(name), { name })
        await sleep(1)
      },
      { loopFactory: () => loop },
    )
    expect(events.sort()).toEqual([
      'unhandled exception during shutdown: a / Error: a failed',
      'unhandled exception during shutdown: b / Error: b failed',
    ])
  })

  test('is cancelled after an error of main too', async () => {
    const { events, push } = recorder<string>()
    const main = async (): Promise<void> => {
      getRunningLoop().createTask(async () => {
        await sleep(1000).finally(() => {
          push('ended')
        })
      })
      await sleep(1)
      throw new Error('main')
    }
    await expect(run(main, { loopFactory: virtualLoop })).rejects.toThrow('main')
    expect(events).toEqual(['ended'])
  })
})

describe('Runner', () => {
  test('runs several mains on one loop', async () => {
    const runner = new Runner({ loopFactory: virtualLoop })
    const first = await runner.run(async () => getRunningLoop())
    const second = await runner.run(async () => getRunningLoop())
    expect(second).toBe(first)
    expect(runner.getLoop()).toBe(first)
    await runner.close()
    expect(first.isClosed()).toBe(true)
  })

  test('closes at the end of an await using scope', async () => {
    let loop: EventLoop
    {
      await using runner = new Runner({ loopFactory: virtualLoop })
      loop = runner.getLoop()
      expect(await runner.run(async () => 'result')).toBe('result')
    }
    expect(loop.isClosed()).toBe(true)
  })

  test('is not used after it was closed; closing twice is allowed', async () => {
    const runner = new Runner({ loopFactory: virtualLoop })
    await runner.close()
    await runner.close()
    const closed = expect.objectContaining({ name: 'InvalidStateError' })
    expect(() => runner.getLoop()).toThrow(closed)
    await expect(runner.run(async () => {})).rejects.toThrow(closed)
  })

  test('a main that is cancelled by itself throws CancelledError', async () => {
    await using runner = new Runner({ loopFactory: virtualLoop })
    const main = async (): Promise<void> => {
      throw new CancelledError('gave up')
    }
    await expect(runner.run(main)).rejects.toThrow('gave up')
  })
})

describe('using', () => {
  test('a loop is closed at the end of its scope', () => {
    let kept: EventLoop
    {
      using loop = virtualLoop()
      kept = loop
    }
    expect(kept.isClosed()).toBe(true)
  })

  test('a handle is cancelled at the end of its scope', async () => {
    using loop = virtualLoop()
    const { events, push } = recorder<string>()
    {
      using _soon = loop.callSoon(push, 'soon')
      using _timer = loop.callLater(1, push, 'later')
    }
    await loop.runUntilComplete(() => sleep(5))
    expect(events).toEqual([])
  })
})
