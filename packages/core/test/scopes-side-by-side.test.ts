import { afterEach, describe, expect, test } from 'vitest'
import type { Awaitable, Coroutine, EventLoop } from '../src/index.ts'
import { currentTask, sleep, taskGroup, timeout, waitFor } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { native, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})
const newLoop = (): EventLoop => leaks.watch(virtualLoop())

const slowAndQuick: Record<string, (ms: number, work: () => PromiseLike<string>) => Awaitable<string>> = {
  timeout: (ms, work) => timeout(ms, work),
  waitFor: (ms, work) => waitFor(async () => work(), ms),
}

describe.each(Object.entries(slowAndQuick))('several of %s in Promise.all and the like', (_name, limit) => {
  test('each ends only what is in it', async () => {
    const loop = newLoop()
    const seen = await loop.runUntilComplete(async () =>
      Promise.allSettled([
        limit(10, () => sleep(100, 'too slow')),
        limit(50, () => sleep(30, 'in time')),
        limit(50, () => native(loop, 30, 'native, in time')),
        limit(10, () => native(loop, 100, 'native, too slow')),
        sleep(60, 'without a limit'),
      ]),
    )
    expect(seen.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).name))).toEqual([
      'TimeoutError',
      'in time',
      'native, in time',
      'TimeoutError',
      'without a limit',
    ])
    await loop.runUntilComplete(() => sleep(100))
  })

  test('a race that one has won leaves the task free of requests', async () => {
    const loop = newLoop()
    const seen = await loop.runUntilComplete(async () => {
      const winner = await Promise.race([
        limit(10, () => sleep(5, 'winner')),
        limit(20, () => sleep(100, 'loser')).catch((error: unknown) => (error as Error).name),
      ])
      await sleep(50)
      return [winner, currentTask()!.cancelling(), currentTask()!.signal.aborted]
    })
    expect(seen).toEqual(['winner', 0, false])
  })
})

test('a group that fails ends its own body and tasks, and not its neighbours', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  await loop.runUntilComplete(async () => {
    const failing = taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(5)
        throw new Error('a child failed')
      })
      await sleep(100).catch((error: unknown) => {
        push(`body of the failing group: ${(error as Error).message}`)
        throw error
      })
    })
    const fine = taskGroup(async (group) => {
      const child = group.createTask(() => sleep(20, 'child of the other'))
      await sleep(30)
      push(await child)
    })
    const ended = await Promise.allSettled([failing, fine])
    push(...ended.map((one) => one.status), String(currentTask()!.cancelling()))
  })
  expect(events).toEqual(
    [
      'body of the failing group: Task-1 failed in the task group',
      'child of the other',
      'rejected',
      'fulfilled',
      '0',
    ].map((line) =>
      line.startsWith('body')
        ? (expect.stringMatching(/^body of the failing group: Task-\d+ failed in the task group$/) as string)
        : line,
    ),
  )
})

test('cancelling the task ends all of them', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  const task = loop.createTask(async () => {
    await Promise.allSettled([
      timeout(1000, () => sleep(500)).catch(() => {
        push('timeout')
      }),
      taskGroup(() => sleep(500)).catch(() => {
        push('group')
      }),
      sleep(500).catch(() => {
        push('sleep')
      }),
    ])
  })
  loop.callLater(10, () => task.cancel())
  await loop.runUntilComplete(task)
  expect([events.sort(), loop.time()]).toEqual([['group', 'sleep', 'timeout'], 10])
})

describe('the signal', () => {
  test('of a scope is aborted by its deadline and by every request from around', async () => {
    const loop = newLoop()
    const { events, push } = recorder<string>()
    const aborted = (name: string) => (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          push(`${name}: ${(signal.reason as Error).name}`)
          reject(signal.reason as Error)
        })
      })
    await loop.runUntilComplete(async () => {
      await timeout(5, ({ signal }) => aborted('own deadline')(signal)).catch((error: unknown) => {
        push((error as Error).name)
      })
      await timeout(5, () => aborted("the task's own, inside")(currentTask()!.signal)).catch(() => {})
      await timeout(5, () => timeout(500, ({ signal }) => aborted('deadline around')(signal))).catch(
        (error: unknown) => {
          push((error as Error).name)
        },
      )
      const task = loop.createTask(() => timeout(500, ({ signal }) => aborted('cancel of the task')(signal)))
      await sleep(1)
      task.cancel()
      await task.catch(() => {})
      push(String(task.cancelled()), String(currentTask()!.signal.aborted))
    })
    expect(events).toEqual([
      'own deadline: TimeoutError',
      'TimeoutError',
      "the task's own, inside: TimeoutError",
      'deadline around: CancelledError',
      'TimeoutError',
      'cancel of the task: CancelledError',
      'true',
      'false',
    ])
  })

  test("makes Node's functions end as timeouts and cancellations", async () => {
    const loop = newLoop()
    const { setTimeout: later } = await import('node:timers/promises')
    const seen = await loop.runUntilComplete(async () => {
      const limited = await timeout(5, ({ signal }) => later(60_000, null, { signal })).catch((error: unknown) => error)
      const task = loop.createTask(() => later(60_000, null, { signal: currentTask()!.signal }))
      await sleep(1)
      task.cancel('enough')
      const ended = await task.catch((error: unknown) => error)
      return [
        (limited as Error).name,
        ((limited as Error).cause as Error).name,
        task.cancelled(),
        (ended as Error).message,
      ]
    })
    expect(seen).toEqual(['TimeoutError', 'AbortError', true, 'enough'])
  })

  test('is fresh after a timeout that was handled, in both forms', async () => {
    const loop = newLoop()
    const inBoth = [
      async () => {
        const { signal } = currentTask()!
        await timeout(5, () => sleep(50)).catch(() => {})
        await timeout(5, () => native(loop, 20)).catch(() => {})
        return [signal.aborted, currentTask()!.signal.aborted]
      },
      function* (): Coroutine<boolean[]> {
        const { signal } = currentTask()!
        for (const body of [() => sleep(50), async () => native(loop, 20)]) {
          try {
            yield* timeout(5, body)
          } catch {
            // Its end is what is looked at.
          }
        }
        return [signal.aborted, currentTask()!.signal.aborted]
      },
    ]
    for (const form of inBoth)
      expect(await loop.runUntilComplete(form as () => Promise<boolean[]>)).toEqual([false, false])
    await loop.runUntilComplete(() => sleep(50))
  })
})

test('where there is no task a scope makes its own: callbacks, and code that the host calls', async () => {
  const loop = newLoop()
  const { events, push } = recorder<string>()
  const nested = async (name: string): Promise<void> => {
    await timeout(10, async () => {
      await timeout(60, () => native(loop, 100)).catch((error: unknown) => {
        push(`${name}: inner ${(error as Error).name}`)
        throw error
      })
    }).catch((error: unknown) => {
      push(`${name}: outer ${(error as Error).name}`)
    })
    const grouped = await taskGroup(async (group) => group.createTask(() => sleep(1, 'grouped')))
    push(`${name}: ${await grouped}`)
  }
  await loop.runUntilComplete(async () => {
    loop.callSoon(() => void nested('plain callback'))
    await sleep(200)
    loop.callSoon(async () => nested('async callback'))
    await sleep(200)
    setTimeout(() => void nested('host'), 0)
    await loop.wrap(new Promise((resolve) => setTimeout(resolve, 5)))
    await sleep(200)
  })
  expect(events).toEqual(
    ['plain callback', 'async callback', 'host'].flatMap((name) => [
      `${name}: inner CancelledError`,
      `${name}: outer TimeoutError`,
      `${name}: grouped`,
    ]),
  )
})
