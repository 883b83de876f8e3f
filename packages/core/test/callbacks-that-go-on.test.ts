import { afterEach, describe, expect, test } from 'vitest'
import type { EventLoop, ExceptionContext } from '../src/index.ts'
import { EventLoop as Loop, getRunningLoop, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { native, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})

const ways: Record<string, (loop: EventLoop, callback: () => unknown) => void> = {
  callSoon: (loop, callback) => void loop.callSoon(callback),
  callLater: (loop, callback) => void loop.callLater(1, callback),
  callAt: (loop, callback) => void loop.callAt(1, callback),
  addDoneCallback: (loop, callback) => {
    const future = loop.createFuture<void>()
    future.addDoneCallback(callback)
    future.setResult()
  },
}

describe.each(Object.entries(ways))('%s', (_name, schedule) => {
  test('reports what an async callback throws later, with its name, and goes on', async () => {
    const loop = leaks.watch(virtualLoop())
    const { events, push } = recorder<string>()
    loop.setExceptionHandler((_loop, { message, exception }) => {
      push(`${message}: ${(exception as Error).message}`)
    })
    schedule(loop, async function reloadSettings() {
      await native(loop, 2)
      throw new Error('no settings')
    })
    schedule(loop, () => Promise.reject(new Error('at once')))
    schedule(loop, () => {
      push('the next callback')
    })
    await loop.runUntilComplete(() => sleep(20))
    expect(events.sort()).toEqual([
      'Exception in callback (anonymous): at once',
      'Exception in callback reloadSettings: no settings',
      'the next callback',
    ])
  })

  test('refuses generator functions, which would never run', () => {
    const loop = leaks.watch(virtualLoop())
    function* work(): Generator<number> {
      yield 1
    }
    async function* more(): AsyncGenerator<number> {
      yield 1
    }
    const refusal = expect.objectContaining({
      name: 'TypeError',
      message: expect.stringContaining('createTask') as string,
    }) as Error
    for (const generator of [work, more])
      expect(() => {
        schedule(loop, generator)
      }).toThrow(refusal)
  })
})

test('a task that a callback gives is reported as a task', async () => {
  const loop = leaks.watch(virtualLoop())
  const { events, push } = recorder<string>()
  loop.setExceptionHandler((_loop, { message }) => {
    push(message)
  })
  loop.callSoon(() =>
    loop.createTask(
      async () => {
        throw new Error('failed')
      },
      { name: 'made' },
    ),
  )
  await loop.runUntilComplete(() => sleep(1))
  loop.close()
  expect(events).toEqual(['Task exception was never retrieved: made'])
})

test('a subclass hears of errors by its own default handler', async () => {
  const { events, push } = recorder<string>()
  class Mine extends Loop {
    override defaultExceptionHandler(context: ExceptionContext): void {
      push((context.exception as Error).message)
    }
  }
  const loop = new Mine()
  loop.callSoon(() => {
    throw new Error('in a callback')
  })
  await loop.runUntilComplete(() => sleep(1))
  loop.close()
  expect(events).toEqual(['in a callback'])
})

test('an exception handler that fails, at once or later, is told of on standard error', async () => {
  const loop = virtualLoop()
  const { events, push } = recorder<string>()
  const { error } = console
  console.error = (text: string) => {
    push(text.split('\n')[0]!)
  }
  try {
    loop.setExceptionHandler(() => {
      throw new Error('handler')
    })
    loop.callExceptionHandler({ message: 'first' })
    loop.setExceptionHandler((async () => {
      throw new Error('handler')
    }) as never)
    loop.callExceptionHandler({ message: 'second' })
    await loop.runUntilComplete(() => sleep(1))
  } finally {
    console.error = error
  }
  loop.close()
  expect(events).toEqual(['Unhandled error in exception handler', 'Unhandled error in exception handler'])
})

test('whoever fails when the loop is closed, the others are called and it is closed', () => {
  const loop = virtualLoop()
  const { events, push } = recorder<string>()
  loop.setExceptionHandler((_loop, { exception }) => {
    push((exception as Error).message)
  })
  for (const name of ['first', 'failing', 'third']) {
    loop.onClose(() => {
      if (name === 'failing') throw new Error('failed')
      push(name)
    })
  }
  loop.close()
  expect([events, loop.isClosed()]).toEqual([['first', 'third', 'failed'], true])
})

test('the running loop is that of the callback', async () => {
  const loop = leaks.watch(virtualLoop())
  let seen: EventLoop | null = null
  loop.callSoon(async () => {
    await native(loop, 1)
    seen = getRunningLoop()
  })
  await loop.runUntilComplete(() => sleep(5))
  expect(seen).toBe(loop)
})
