import { afterEach, describe, expect, test } from 'vitest'
import type { EventLoop, Pollable } from '../src/index.ts'
import type { ReadyEvent, ReadyEvents } from '../src/lowlevel.ts'
import { sleep } from '../src/index.ts'
import { HostSelector, READABLE, WRITABLE } from '../src/lowlevel.ts'
import { leakCheck, memoryPipe, recorder } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})

/** A source that is always ready for everything, as a socket with data and room is. */
const alwaysReady: Pollable = { poll: (interest) => interest }

describe('a source that is read and written', () => {
  test('reader before writer in each turn', async () => {
    const loop = leaks.watch(virtualLoop())
    const { events, push } = recorder<string>()
    loop.addWriter(alwaysReady, () => {
      push('writer')
      if (events.length >= 4) loop.stop()
    })
    loop.addReader(alwaysReady, push, 'reader')
    expect(loop.statistics().sources).toBe(1)
    await loop.runForever()
    loop.removeReader(alwaysReady)
    loop.removeWriter(alwaysReady)
    expect(events).toEqual(['reader', 'writer', 'reader', 'writer'])
  })

  test('one direction removed leaves the other', async () => {
    const loop = leaks.watch(virtualLoop())
    const { events, push } = recorder<string>()
    loop.addReader(alwaysReady, () => {
      push('reader')
      loop.removeWriter(alwaysReady)
      if (events.length >= 2) loop.stop()
    })
    loop.addWriter(alwaysReady, push, 'writer')
    await loop.runForever()
    expect(loop.selector.registered!().map(({ interest }) => interest)).toEqual([READABLE])
    expect([loop.removeReader(alwaysReady), loop.statistics().sources]).toEqual([true, 0])
    // The writer was ready in the first turn already, and removed before it ran.
    expect(events).toEqual(['reader', 'reader'])
  })

  test('a new reader takes the place of one that is ready in this turn', async () => {
    const loop = leaks.watch(virtualLoop())
    const { events, push } = recorder<string>()
    const first = memoryPipe()
    const second = memoryPipe()
    loop.addReader(first.reader, () => {
      push('first')
      first.read()
      loop.addReader(second.reader, () => {
        push('new')
        second.read()
        loop.stop()
      })
    })
    loop.addReader(second.reader, push, 'old')
    first.write()
    second.write()
    await loop.runForever()
    loop.removeReader(first.reader)
    loop.removeReader(second.reader)
    expect(events).toEqual(['first', 'new'])
  })
})

test('an error in a reader reaches the exception handler, and the source stays watched', async () => {
  const loop = leaks.watch(virtualLoop())
  const { events, push } = recorder<string>()
  loop.setExceptionHandler((_loop, { message }) => {
    push(message)
  })
  let calls = 0
  loop.addReader(alwaysReady, function failing() {
    if (++calls === 2) loop.stop()
    throw new Error('no')
  })
  await loop.runForever()
  loop.removeReader(alwaysReady)
  expect(events).toEqual(['Exception in callback failing', 'Exception in callback failing'])
})

/** A selector whose next delivery the test decides. */
class ScriptedSelector extends HostSelector {
  next: ReadyEvents = []

  protected override collect(): ReadyEvents {
    const events = this.next
    this.next = []
    return events
  }
}

/** A loop whose next turn takes `events`. */
function loopWith(events: ReadyEvent[], options = {}): EventLoop {
  const selector = new ScriptedSelector()
  selector.next = events
  return leaks.watch(virtualLoop({ selector, ...options }))
}

describe('events that bring their own work', () => {
  test('run as handles of the turn, in the order of the backend; what they add runs in the next', async () => {
    const { events, push, on } = recorder<string>()
    const loop = loopWith([
      {
        token: 1,
        ready: READABLE,
        run: () => {
          push('first')
          loop.callSoon(push, 'added')
        },
      },
      { token: 2, ready: WRITABLE, run: on('second') },
    ])
    await loop.runUntilComplete(() => sleep(0))
    expect(events).toEqual(['first', 'second', 'added'])
    expect(loop.statistics().events).toBe(2)
  })

  test('an error of one is reported, and harms no other', async () => {
    const { events, push, on } = recorder<unknown>()
    const failing = {
      token: 1,
      ready: READABLE,
      run: () => {
        throw new Error('I/O')
      },
    }
    const loop = loopWith([failing, { token: 2, ready: READABLE, run: on('second') }])
    loop.setExceptionHandler((_loop, { exception, handle }) => {
      push(exception, handle === failing)
    })
    await loop.runUntilComplete(() => sleep(0))
    expect(events).toEqual([new Error('I/O'), true, 'second'])
  })

  test('an event of a token that is not registered any more is passed over', async () => {
    const loop = loopWith([{ token: 99, ready: READABLE }])
    await loop.runUntilComplete(() => sleep(0))
    expect(loop.statistics().sources).toBe(0)
  })
})

describe('an order policy', () => {
  const reversed = { tieRank: () => 0, orderEvents: (events: ReadyEvents) => [...events].reverse() }

  test('decides the order of the events of one wait', async () => {
    const { events, on } = recorder<string>()
    const [first, second] = [on('first'), on('second')]
    const loop = loopWith(
      [
        { token: 1, ready: READABLE, run: first },
        { token: 2, ready: READABLE, run: second },
      ],
      { order: reversed },
    )
    await loop.runUntilComplete(() => sleep(0))
    expect(events).toEqual(['second', 'first'])
  })

  test('decides among timers of one deadline, sleepers included, and nowhere else', async () => {
    let rank = 10
    const loop = leaks.watch(virtualLoop({ order: { ...reversed, tieRank: () => rank-- } }))
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      loop.callLater(5, push, 'timer 1')
      loop.callLater(5, push, 'timer 2')
      loop.callLater(4, push, 'earlier')
      loop.callSoon(push, 'soon 1')
      loop.callSoon(push, 'soon 2')
      await sleep(6)
    })
    expect(events).toEqual(['soon 1', 'soon 2', 'earlier', 'timer 2', 'timer 1'])
  })

  test('moves deadlines, sleepers included; the timer says when it is due', async () => {
    const asked: [number, number][] = []
    const deadline = (now: number, when: number) => {
      asked.push([now, when])
      return when * 2
    }
    const loop = leaks.watch(virtualLoop({ order: { ...reversed, deadline } }))
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      const timer = loop.callLater(5, push, 'timer')
      loop.callAt(6, push, 'timer at')
      await sleep(7)
      push(`slept until ${loop.time()}, timer due at ${timer.when()}`)
    })
    expect(events).toEqual(['timer', 'timer at', 'slept until 14, timer due at 10'])
    expect(asked).toEqual([
      [0, 5],
      [0, 6],
      [0, 7],
    ])
  })
})
