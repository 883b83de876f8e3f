import { describe, expect, test } from 'vitest'
import type { EventLoop } from '../src/index.ts'
import { sleep } from '../src/index.ts'
import type { SuiteTest } from '../src/testing/index.ts'
import { leakCheck, loopSuite, memoryPipe, MemorySelector, selectorSuite, VirtualClock } from '../src/testing/index.ts'
import { virtualLoop } from './support.ts'

describe('leakCheck', () => {
  /** What the check of a loop says on which `body` ran. */
  async function found(body: (loop: EventLoop) => unknown): Promise<string> {
    const leaks = leakCheck()
    const loop = leaks.watch(virtualLoop())
    await loop.runUntilComplete(async () => {
      body(loop)
      await sleep(0)
    })
    try {
      leaks.check()
    } catch (error) {
      expect(loop.isClosed()).toBe(true)
      // It forgets what it has reported.
      leaks.check()
      return (error as Error).message
    }
    return 'nothing'
  }

  test('finds what was left, and closes the loop', async () => {
    expect(await found(() => {})).toBe('nothing')
    expect(await found((loop) => loop.callLater(5, () => {}))).toContain('timers not finished: 1')
    expect(await found((loop) => loop.createTask(() => sleep(5)))).toContain('tasks not finished: 1')
    expect(
      await found((loop) => {
        loop.addReader(memoryPipe().reader, () => {})
      }),
    ).toContain('sources not finished: 1')
    expect(await found((loop) => loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => {}))))).toContain('ready')
  })

  test('finds errors that nobody took, at close too', async () => {
    const failing = (): never => {
      throw new RangeError('lost')
    }
    expect(await found((loop) => loop.callSoon(failing))).toContain('RangeError: lost')
    expect(await found((loop) => loop.createTask(async () => failing()))).toContain('never retrieved')
  })

  test('does not close a loop that is running: it says so', async () => {
    const leaks = leakCheck()
    const loop = leaks.watch(virtualLoop())
    await loop.runUntilComplete(async () => {
      expect(() => {
        leaks.check()
      }).toThrow('still running')
    })
    loop.close()
  })
})

describe('the contract suites', () => {
  /** A test runner that keeps what is registered. */
  function collecting(): { test: SuiteTest; cases: Map<string, () => Promise<void>>; skipped: string[] } {
    const cases = new Map<string, () => Promise<void>>()
    const skipped: string[] = []
    const register = (name: string, body: () => Promise<void>): void => {
      cases.set(name, body)
    }
    const skip = (name: string): void => {
      skipped.push(name)
    }
    return { test: Object.assign(register, { skip }), cases, skipped }
  }

  const newSelector = (): MemorySelector => new MemorySelector(new VirtualClock())

  test('skip cases and whole themes, with the reason in the name', () => {
    const { test, cases, skipped } = collecting()
    selectorSuite(test, newSelector, { skip: { poll: 'no poll', 'a wake ends a wait without limit': 'just so' } })
    expect(skipped.filter((name) => name.startsWith('poll:')).length).toBe(3)
    expect(skipped).toContain('waiting: a wake ends a wait without limit (just so)')
    expect([...cases.keys()].some((name) => name.startsWith('poll:'))).toBe(false)
  })

  test('a skip that names nothing is an error', () => {
    const { test } = collecting()
    expect(() => {
      selectorSuite(test, newSelector, { skip: { 'a case that was renamed': 'x' } })
    }).toThrow(/a case that was renamed/)
    expect(() => {
      loopSuite(test, virtualLoop, { skip: { nothing: 'x' } })
    }).toThrow(/nothing/)
  })

  /**
   * Whether a case of the selector suite finds what `change` breaks; it must not find anything in a selector that is
   * whole.
   */
  async function finds(name: string, change: (selector: MemorySelector) => void): Promise<boolean> {
    const outcomes: boolean[] = []
    for (const alter of [() => {}, change]) {
      const { test, cases } = collecting()
      selectorSuite(test, () => {
        const selector = newSelector()
        alter(selector)
        return selector
      })
      outcomes.push(
        await cases.get(name)!().then(
          () => false,
          () => true,
        ),
      )
    }
    expect(outcomes[0]).toBe(false)
    return outcomes[1]!
  }

  const broken: [string, string, (selector: MemorySelector) => void][] = [
    [
      'delivers inside wait',
      'waiting: deliver is called from a macrotask, not from inside wait or a microtask',
      (selector) => {
        selector.wait = (_timeout, deliver) => {
          deliver([])
        }
      },
    ],
    [
      'delivers from a microtask',
      'waiting: a wake delivers from a macrotask too',
      (selector) => {
        selector.wait = (_timeout, deliver) => {
          queueMicrotask(() => {
            deliver([])
          })
        }
      },
    ],
    [
      'delivers twice',
      'waiting: wakes merge: one wait delivers once',
      (selector) => {
        const wait = selector.wait.bind(selector)
        selector.wait = (timeout, deliver) => {
          wait(timeout, (events) => {
            deliver(events)
            setImmediate(deliver, events)
          })
        }
      },
    ],
    [
      'delivers after close',
      'waiting: close cancels the wait: deliver is not called any more',
      (selector) => {
        selector.close = () => {}
      },
    ],
    [
      'forgets nothing',
      'readiness: nothing is delivered after unregister',
      (selector) => {
        selector.unregister = () => true
      },
    ],
    [
      'modifies nothing',
      'readiness: modify changes what is delivered',
      (selector) => {
        selector.modify = () => {}
      },
    ],
    [
      'reports everything as ready',
      'readiness: what is not ready is not delivered',
      (selector) => {
        selector.poll = () => selector.registered().map(({ token, interest }) => ({ token, ready: interest }))
      },
    ],
  ]
  test.each(broken)('bite: a selector that %s is found', async (_name, caseName, change) => {
    expect(await finds(caseName, change)).toBe(true)
  })
})
