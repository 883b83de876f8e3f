import { afterEach, describe, expect, test } from 'vitest'
import type { EventLoop, LoopObserver, LoopOptions, TurnInfo } from '../src/index.ts'
import { sleep } from '../src/index.ts'
import { nameOfRunnable } from '../src/lowlevel.ts'
import { leakCheck, memoryPipe, recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})

/** Everything that an observer is told, as short lines. */
function telling(push: (line: string) => void): LoopObserver {
  return {
    scheduled: ({ kind, callback, args, delay, when }) => {
      push(`${kind} ${callback.name}(${args.join()}) ${delay ?? ''}@${when ?? ''}`)
    },
    turnStarted: (turn) => {
      push(`turn ${turn}`)
    },
    turnEnded: ({ turn, events, timers, handles, wait }) => {
      push(`end ${turn}: ${events} events, ${timers} timers, ${handles} handles, wait ${wait}`)
    },
    handleStarted: (runnable) => {
      push(`> ${nameOfRunnable(runnable)}`)
    },
    handleEnded: (runnable, durationMs) => {
      push(`< ${nameOfRunnable(runnable)} ${durationMs >= 0 ? '' : 'before it began'}`.trim())
    },
    taskCreated: (task) => {
      push(`created ${(task as { getName(): string }).getName()}`)
    },
    taskDone: (task) => {
      push(`done ${(task as { getName(): string }).getName()}`)
    },
  }
}

describe.each<[string, LoopOptions]>([
  ['fastest drain', {}],
  ['public drain', { drain: 'public' }],
  ['one turn at a time', { budgetMs: 0 }],
])('an observer (%s)', (_name, options) => {
  test('is told of everything, in order', async () => {
    const loop = leaks.watch(virtualLoop(options))
    const { events, push } = recorder<string>()
    using _observer = loop.addObserver(telling(push))
    function tick(..._args: unknown[]): void {
      push('tick runs')
    }
    loop.callSoon(tick)
    loop.callSoon(tick, 1, 2)
    loop.callLater(5, tick, 3)
    loop.callAt(7, function last() {
      loop.stop()
    })
    loop.createTask(
      async () => {
        await null
        push('task runs')
      },
      { name: 'mine' },
    )
    await loop.runForever()
    expect(events).toEqual([
      'callSoon tick() @',
      'callSoon tick(1,2) @',
      'callLater tick(3) 5@5',
      'callAt last() @7',
      'created mine',
      'turn 1',
      '> tick',
      'tick runs',
      '< tick',
      '> tick',
      'tick runs',
      '< tick',
      '> mine',
      'task runs',
      'done mine',
      '< mine',
      'end 1: 0 events, 0 timers, 3 handles, wait 5',
      'turn 2',
      '> tick',
      'tick runs',
      '< tick',
      'end 2: 0 events, 1 timers, 1 handles, wait 2',
      'turn 3',
      '> last',
      '< last',
      'end 3: 0 events, 1 timers, 1 handles, wait 0',
    ])
  })

  test('that throws is reported, and harms neither the loop nor other observers', async () => {
    const loop = leaks.watch(virtualLoop(options))
    const { events, push } = recorder<string>()
    loop.setExceptionHandler((_loop, { message, exception }) => {
      push(`${message}: ${String(exception)}`)
    })
    const throwing: LoopObserver = {
      handleStarted: () => {
        throw new Error('started')
      },
      handleEnded: () => {
        throw new Error('ended')
      },
    }
    using _first = loop.addObserver(throwing)
    using _second = loop.addObserver({
      handleStarted: () => {
        push('second hears')
      },
    })
    loop.callSoon(() => {
      push('runs')
      loop.stop()
    })
    await loop.runForever()
    expect(events).toEqual([
      'Exception in a loop observer: Error: started',
      'second hears',
      'runs',
      'Exception in a loop observer: Error: ended',
    ])
  })

  test('may be added and removed while a turn runs, and hears of the next', async () => {
    const loop = leaks.watch(virtualLoop(options))
    const { events, push } = recorder<number>()
    await loop.runUntilComplete(async () => {
      const observer = loop.addObserver({
        turnStarted: (turn) => {
          push(turn)
        },
      })
      for (let i = 0; i < 3; i++) await sleep(0)
      observer[Symbol.dispose]()
      observer[Symbol.dispose]()
      await sleep(0)
    })
    expect(events).toEqual([2, 3, 4])
  })
})

test('events of sources are counted', async () => {
  const loop = leaks.watch(virtualLoop())
  const { reader, write, read } = memoryPipe()
  const turns: TurnInfo[] = []
  using _observer = loop.addObserver({
    turnEnded: (info) => {
      turns.push(info)
    },
  })
  loop.addReader(reader, () => {
    read()
    loop.stop()
  })
  write()
  await loop.runForever()
  loop.removeReader(reader)
  expect(turns.map(({ events, handles }) => [events, handles])).toEqual([[1, 1]])
  expect(loop.statistics()).toMatchObject({ events: 1, handles: 1, turns: 1, sources: 0 })
})

test('a cancelled handle that was ready counts as run, as in asyncio', async () => {
  const loop: EventLoop = leaks.watch(virtualLoop())
  loop.callSoon(() => {}).cancel()
  loop.callSoon(() => {
    loop.stop()
  })
  await loop.runForever()
  expect(loop.statistics()).toMatchObject({ turns: 1, handles: 2, ready: 0 })
})
