import { afterEach, describe, expect, test, vi } from 'vitest'
import type { EventLoop, ExceptionContext } from '../src/index.ts'
import { sleep } from '../src/index.ts'
import { recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What the loop prints while `body` runs. */
async function printed(body: (loop: EventLoop) => void): Promise<string[]> {
  const { events, push } = recorder<string>()
  vi.spyOn(console, 'error').mockImplementation(push)
  const loop = virtualLoop()
  body(loop)
  await loop.runUntilComplete(() => sleep(10))
  loop.close()
  return events
}

describe('the default handler', () => {
  test('prints the message, and the error with its stack and cause', async () => {
    const [text, ...more] = await printed((loop) => {
      loop.callSoon(function failing() {
        throw new Error('outer', { cause: new Error('inner') })
      })
    })
    expect(more).toEqual([])
    expect(text).toMatch(/^Exception in callback failing\nError: outer\n {4}at /)
    expect(text).toContain('[cause]: Error: inner')
  })

  test('prints further details of the context', async () => {
    const [text] = await printed((loop) => {
      loop.callExceptionHandler({ message: 'odd', transport: 'tcp', count: 3 })
    })
    expect(text).toBe("odd\ntransport: 'tcp'\ncount: 3")
  })

  test('is there for handlers to call', async () => {
    const lines = await printed((loop) => {
      loop.setExceptionHandler((of, context) => {
        of.defaultExceptionHandler({ ...context, message: `seen: ${context.message}` })
      })
      loop.callExceptionHandler({ message: 'x' })
    })
    expect(lines).toEqual(['seen: x'])
  })
})

describe('a handler of the program', () => {
  test('takes everything instead of the default', async () => {
    const { events, push } = recorder<unknown>()
    const lines = await printed((loop) => {
      loop.setExceptionHandler((of, context) => {
        push(of === loop, context)
      })
      loop.callExceptionHandler({ message: 'x', exception: 5 })
    })
    expect([events, lines]).toEqual([[true, { message: 'x', exception: 5 }], []])
  })

  test('that fails itself is printed, with what it was called for, and the loop goes on', async () => {
    const { events, push } = recorder<string>()
    const lines = await printed((loop) => {
      loop.setExceptionHandler(() => {
        throw new Error('handler failed')
      })
      loop.callSoon(() => {
        throw new Error('callback failed')
      })
      loop.callSoon(push, 'next')
    })
    expect(events).toEqual(['next'])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^Unhandled error in exception handler\nError: handler failed/)
    expect(lines[0]).toContain('callback failed')
  })

  test('must be a function, or null', () => {
    const loop = virtualLoop()
    expect(() => {
      loop.setExceptionHandler('print' as never)
    }).toThrow(TypeError)
    loop.setExceptionHandler(null)
    expect(loop.getExceptionHandler()).toBeNull()
    loop.close()
  })
})

test('whatever is thrown arrives as it was thrown', async () => {
  const { events, push } = recorder<unknown>()
  await printed((loop) => {
    loop.setExceptionHandler((_loop: EventLoop, { exception }: ExceptionContext) => {
      push(exception)
    })
    for (const thrown of ['text', 0, null, undefined, { code: 1 }]) {
      loop.callSoon(() => {
        throw thrown
      })
    }
  })
  expect(events).toEqual(['text', 0, null, undefined, { code: 1 }])
})
