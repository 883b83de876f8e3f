import { EventLoop, run, sleep } from '@loop/core'
import { memoryPipe, MemorySelector, VirtualClock } from '@loop/core/testing'
import { expect, test } from 'vitest'
import type { DebugEntry } from '../src/index.ts'
import { debugLoop } from '../src/index.ts'

function virtualLoop(): EventLoop {
  const clock = new VirtualClock()
  return new EventLoop({ clock, selector: new MemorySelector(clock) })
}

/** A loop in virtual time that logs into arrays. */
function watched() {
  const lines: string[] = []
  const entries: DebugEntry[] = []
  const loop = debugLoop({
    loopFactory: virtualLoop,
    log: (line, entry) => {
      lines.push(line)
      entries.push(entry)
    },
  })()
  return { loop, lines, entries }
}

function tick(): void {}

/** Without the place, which is another line of this file each time. */
const withoutPlace = (lines: string[]) => lines.map((line) => line.replace(/ at .*$/, ''))

test('each call and each turn, with name, arguments, delay and wait', async () => {
  const { loop, lines } = watched()
  loop.callSoon(tick)
  loop.callLater(
    100,
    (name: string, options: object) => {
      void [name, options]
    },
    'a',
    { deep: { deeper: 1 } },
  )
  loop.callAt(150, tick as (n: number) => void, 7)
  loop.callLater(150, () => {
    loop.stop()
  })
  await loop.runForever()
  loop.close()
  expect(withoutPlace(lines)).toEqual([
    'callSoon tick()',
    "callLater 100 ms (anonymous)('a', { deep: [Object] })",
    'callAt 150 ms tick(7)',
    'callLater 150 ms (anonymous)()',
    'turn 1: 0 events, 0 timers, 1 handles, wait 100 ms',
    'turn 2: 0 events, 1 timers, 1 handles, wait 50 ms',
    'turn 3: 0 events, 2 timers, 2 handles, no wait',
  ])
})

test('the place is the line of the program that made the call', async () => {
  const { loop, lines, entries } = watched()
  function somewhere(): void {
    loop.callSoon(tick)
  }
  somewhere()
  loop.close()
  expect(lines).toEqual([expect.stringMatching(/^callSoon tick\(\) at somewhere \(.*debug-log\.test\.ts:\d+:\d+\)$/)])
  expect(entries).toEqual([expect.objectContaining({ kind: 'callSoon', name: 'tick', args: [], callback: tick })])
})

test('events of the selector are counted', async () => {
  const { loop, lines } = watched()
  const pipe = memoryPipe()
  await loop.runUntilComplete(async () => {
    const received = loop.createFuture<void>()
    loop.addReader(pipe.reader, () => {
      loop.removeReader(pipe.reader)
      received.setResult()
    })
    pipe.write()
    await received
  })
  loop.close()
  pipe.close()
  expect(lines.filter((line) => line.includes('1 events'))).toEqual(['turn 2: 1 events, 0 timers, 1 handles, no wait'])
})

test('whole programs run on it unchanged', async () => {
  const lines: string[] = []
  const result = await run(
    async () => {
      await sleep(5)
      return 'result'
    },
    { loopFactory: debugLoop({ log: (line) => lines.push(line), loopFactory: virtualLoop }) },
  )
  expect(result).toBe('result')
  expect(lines[0]).toBe('turn 1: 0 events, 0 timers, 1 handles, wait 5 ms')
})

test('a log that fails is reported, and the loop goes on', async () => {
  const reports: unknown[] = []
  const loop = debugLoop({
    loopFactory: virtualLoop,
    log: () => {
      throw new Error('disk full')
    },
  })()
  loop.setExceptionHandler((_loop, context) => reports.push(String(context.exception)))
  expect(await loop.runUntilComplete(async () => 'done')).toBe('done')
  loop.close()
  expect(reports.length).toBeGreaterThan(0)
  expect(new Set(reports)).toEqual(new Set(['Error: disk full']))
})

test('log must be a function', () => {
  expect(() => debugLoop({ log: 'file.log' as never })).toThrow('log is a function that takes lines')
})

test('callbacks and arguments that resist being shown are logged all the same', async () => {
  const { loop, lines } = watched()
  const errors: unknown[] = []
  loop.setExceptionHandler((_loop, context) => errors.push(context))
  const named = Object.defineProperty(() => {}, 'name', { value: Symbol('name') })
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const hostile = {
    get [Symbol.toStringTag](): string {
      throw new Error('asked')
    },
    [Symbol.for('nodejs.util.inspect.custom')]() {
      throw new Error('asked')
    },
  }
  loop.callSoon(named as (...args: unknown[]) => void, proxy, hostile)
  loop.callSoon(() => {
    loop.stop()
  })
  await loop.runForever()
  loop.close()
  expect(lines[0]).toMatch(/^callSoon \(anonymous\)\(/)
  expect(errors).toEqual([])
})
