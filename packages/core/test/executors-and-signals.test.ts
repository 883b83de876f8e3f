import { afterEach, describe, expect, test } from 'vitest'
import type { EventLoop, Executor, SignalSource, SubmitOptions } from '../src/index.ts'
import { currentTask, sleep } from '../src/index.ts'
import { leakCheck, recorder } from '../src/testing/index.ts'
import { bothForms, virtualLoop } from './support.ts'

const leaks = leakCheck()
afterEach(() => {
  leaks.check()
})

/** An executor that runs nothing by itself: the test ends each submission. It notes what it is asked. */
class ManualExecutor implements Executor {
  readonly asked: string[] = []
  readonly submissions: { run: () => void; cancel: () => void }[] = []
  endShutdown!: () => void
  private readonly ended = new Promise<void>((resolve) => {
    this.endShutdown = resolve
  })

  submit(fn: (...args: unknown[]) => unknown, args: readonly unknown[], _options?: SubmitOptions) {
    let settle!: (value: unknown) => void
    const promise = new Promise((resolve) => {
      settle = resolve
    })
    this.asked.push(`submit ${fn.name}`)
    this.submissions.push({
      run: () => {
        settle(
          new Promise((resolve) => {
            resolve(fn(...args))
          }),
        )
      },
      cancel: () => {},
    })
    return Object.assign(promise, {
      cancel: () => {
        this.asked.push(`cancel ${fn.name}`)
        return true
      },
    })
  }

  shutdown({ wait, cancelPending }: { wait?: boolean; cancelPending?: boolean } = {}): Promise<void> {
    this.asked.push(`shutdown wait=${wait} cancelPending=${cancelPending}`)
    return wait === true ? this.ended : Promise.resolve()
  }
}

function double(x: number): number {
  return x * 2
}

describe('runInExecutor', () => {
  bothForms('gives a future of the result, in the task', async ({ coroutine }) => {
    const executor = new ManualExecutor()
    const loop = leaks.watch(virtualLoop({ executor }))
    const { events, push } = recorder<unknown>()
    await loop.runUntilComplete(
      coroutine(
        () => {
          const future = loop.runInExecutor(null, double, 21)
          future.addDoneCallback(() => push(future.result()))
          setTimeout(executor.submissions[0]!.run, 1)
          return future
        },
        () => push(currentTask() !== null),
      ),
    )
    expect(events).toEqual([42, true])
  })

  test('an executor that is given comes before the default one', async () => {
    const [standard, given] = [new ManualExecutor(), new ManualExecutor()]
    const loop = leaks.watch(virtualLoop({ executor: standard }))
    const future = loop.runInExecutor(given, double, 1)
    given.submissions[0]!.run()
    expect(await loop.runUntilComplete(future)).toBe(2)
    expect([standard.asked, given.asked]).toEqual([[], ['submit double']])
  })

  test('the default one is made on first use, once', async () => {
    let made = 0
    const loop = leaks.watch(
      virtualLoop({
        executor: () => {
          made++
          return new ManualExecutor()
        },
      }),
    )
    expect(made).toBe(0)
    const futures = [loop.runInExecutor(null, double, 1), loop.runInExecutor(null, double, 2)]
    expect(made).toBe(1)
    for (const future of futures) future.cancel()
    await loop.runUntilComplete(() => sleep(0))
  })

  test('cancelling the future cancels the submission', async () => {
    const executor = new ManualExecutor()
    const loop = leaks.watch(virtualLoop({ executor }))
    const task = loop.createTask(async () => loop.runInExecutor(null, double, 1))
    loop.callSoon(() => task.cancel())
    await expect(loop.runUntilComplete(task)).rejects.toThrow(expect.objectContaining({ name: 'CancelledError' }))
    expect(executor.asked).toEqual(['submit double', 'cancel double'])
  })

  test('an error of the function is thrown where it is awaited', async () => {
    const executor = new ManualExecutor()
    const loop = leaks.watch(virtualLoop({ executor }))
    const future = loop.runInExecutor(null, (): never => {
      throw new RangeError('in the worker')
    })
    executor.submissions[0]!.run()
    await expect(loop.runUntilComplete(future)).rejects.toThrow(RangeError)
  })
})

describe('shutdown of the default executor', () => {
  test('waits for its work', async () => {
    const executor = new ManualExecutor()
    const loop = leaks.watch(virtualLoop({ executor }))
    const { events, push } = recorder<string>()
    await loop.runUntilComplete(async () => {
      setTimeout(() => {
        push('work ended')
        executor.endShutdown()
      }, 1)
      await loop.shutdownDefaultExecutor()
      push('shut down')
    })
    expect([events, executor.asked]).toEqual([
      ['work ended', 'shut down'],
      ['shutdown wait=true cancelPending=undefined'],
    ])
  })

  test('gives up after the timeout, drops what is queued, and leaves no timer', async () => {
    const executor = new ManualExecutor()
    const loop = leaks.watch(virtualLoop({ executor }))
    await loop.runUntilComplete(() => loop.shutdownDefaultExecutor(500))
    expect(loop.time()).toBe(500)
    expect(executor.asked).toEqual([
      'shutdown wait=true cancelPending=undefined',
      'shutdown wait=false cancelPending=true',
    ])
  })

  test('one that was never made is not made for it, and close lets one go', async () => {
    const unused = leaks.watch(
      virtualLoop({
        executor: () => {
          throw new Error('made')
        },
      }),
    )
    await unused.runUntilComplete(() => unused.shutdownDefaultExecutor())
    const executor = new ManualExecutor()
    const loop = virtualLoop()
    loop.setDefaultExecutor(executor)
    loop.close()
    expect(executor.asked).toEqual(['shutdown wait=false cancelPending=undefined'])
  })
})

/** A source that delivers when the test says so. */
class ManualSignals implements SignalSource {
  readonly handlers = new Map<string, () => void>()
  closed = 0

  add(signal: string, deliver: () => void): void {
    this.handlers.set(signal, deliver)
  }

  remove(signal: string): boolean {
    return this.handlers.delete(signal)
  }

  close(): void {
    this.closed++
    this.handlers.clear()
  }
}

describe('signals', () => {
  function withSignals(): { loop: EventLoop; signals: ManualSignals } {
    const signals = new ManualSignals()
    return { loop: leaks.watch(virtualLoop({ signals })), signals }
  }

  test('a handler runs as a handle of the loop, with its arguments, and wakes it', async () => {
    const { loop, signals } = withSignals()
    const { events, push } = recorder<unknown>()
    loop.addSignalHandler(
      'SIGHUP',
      (...args: unknown[]) => {
        push(...args, currentTask())
        loop.stop()
      },
      'reload',
      1,
    )
    setTimeout(() => {
      signals.handlers.get('SIGHUP')!()
      push('delivered')
    }, 1)
    await loop.runForever()
    expect(events).toEqual(['delivered', 'reload', 1, null])
  })

  test('a handler is a plain function: it cannot wait', () => {
    const { loop } = withSignals()
    for (const handler of [async () => {}, function* () {}, async function* () {}]) {
      expect(() => {
        loop.addSignalHandler('SIGHUP', handler)
      }).toThrow(expect.objectContaining({ name: 'TypeError', message: expect.stringContaining('plain function') }))
    }
  })

  test('removing says whether there was one; close removes all', () => {
    const { loop, signals } = withSignals()
    loop.addSignalHandler('SIGHUP', () => {})
    loop.addSignalHandler('SIGTERM', () => {})
    const deliver = signals.handlers.get('SIGTERM')!
    expect([loop.removeSignalHandler('SIGHUP'), loop.removeSignalHandler('SIGHUP')]).toEqual([true, false])
    loop.close()
    expect([signals.closed, signals.handlers.size]).toEqual([1, 0])
    // A signal that was on its way finds the loop closed, and is dropped.
    expect(deliver).not.toThrow()
  })
})
