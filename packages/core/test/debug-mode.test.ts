import process from 'node:process'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { sleep } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Holds the thread for at least `ms` milliseconds. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** The warnings that are emitted while a loop in debug mode runs `body`. */
async function warnings(body: (loop: EventLoop) => void, options = {}): Promise<{ text: string; detail: string }[]> {
  const { events, push } = recorder<{ text: string; detail: string }>()
  vi.spyOn(process, 'emitWarning').mockImplementation(((text: string, { detail }: { detail: string }) => {
    push({ text, detail })
  }) as typeof process.emitWarning)
  const loop = virtualLoop({ debug: true, slowCallbackMs: 20, ...options })
  body(loop)
  await loop.runUntilComplete(() => sleep(10))
  loop.close()
  return events
}

describe('slow callbacks', () => {
  test('are warned of, with name, duration and where they were scheduled', async () => {
    const told = await warnings((loop) => {
      loop.callSoon(function slow() {
        block(25)
      })
      loop.callSoon(function quick() {})
    })
    expect(told).toEqual([
      {
        text: expect.stringMatching(/^executing slow took \d+\.\d ms$/),
        detail: expect.stringContaining('debug-mode.test.ts'),
      },
    ])
  })

  test('microtasks count, and a task goes by its name', async () => {
    const told = await warnings((loop) => {
      loop.createTask(
        async () => {
          await null
          block(25)
        },
        { name: 'heavy' },
      )
    })
    expect(told.map(({ text }) => text)).toEqual([expect.stringMatching(/^executing heavy took/)])
  })

  test('are warned of under the public drain too', async () => {
    const told = await warnings(
      (loop) => {
        loop.callSoon(function slow() {
          block(25)
        })
      },
      { drain: 'public' },
    )
    expect(told).toHaveLength(1)
  })

  test('the threshold can be changed while the loop lives', async () => {
    const told = await warnings((loop) => {
      loop.slowCallbackMs = 10_000
      loop.callSoon(() => {
        block(25)
      })
    })
    expect(told).toEqual([])
  })

  test('nothing is warned of without debug mode', async () => {
    const told = await warnings((loop) => {
      loop.debug = false
      loop.callSoon(() => {
        block(25)
      })
    })
    expect(told).toEqual([])
  })
})

describe('where things were scheduled', () => {
  /** The reports of what `scheduled` leaves behind. */
  async function sources(scheduled: (loop: EventLoop) => void): Promise<(string | undefined)[]> {
    const loop = virtualLoop({ debug: true })
    const { events, push } = recorder<string | undefined>()
    loop.setExceptionHandler((_loop, { sourceTraceback }) => {
      push(sourceTraceback)
    })
    scheduled(loop)
    await loop.runUntilComplete(() => sleep(10))
    loop.close()
    return events
  }

  const fail = (): never => {
    throw new Error('expected')
  }

  test('is in the reports of handles, timers and tasks, and begins with the caller', async () => {
    const told = await sources(function caller(loop) {
      loop.callSoon(fail)
      loop.callSoonThreadsafe(fail)
      loop.callLater(1, fail)
      loop.callAt(2, fail)
      loop.createTask(async () => fail())
      loop.createFuture().setException(new Error('expected'))
    })
    // The first line is the program's, not the loop's own.
    expect(told.map((source) => source?.split('\n')[0])).toEqual(new Array(6).fill(expect.stringContaining('caller')))
  })

  test('can be switched off and on', async () => {
    const loop = virtualLoop()
    expect(loop.debug).toBe(false)
    const { events, push } = recorder<boolean>()
    loop.setExceptionHandler((_loop, { sourceTraceback }) => {
      push(sourceTraceback !== undefined)
    })
    loop.callSoon(fail)
    loop.debug = true
    loop.debug = true
    loop.callSoon(fail)
    await loop.runUntilComplete(() => sleep(1))
    loop.debug = false
    loop.callSoon(fail)
    await loop.runUntilComplete(() => sleep(1))
    loop.close()
    expect(events).toEqual([false, true, false])
  })
})
