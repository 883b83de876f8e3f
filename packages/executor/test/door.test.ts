/** Calls into a loop from other threads. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import {
  CancelledError,
  EventLoop,
  LoopClosedError,
  getRunningLoop,
  run,
  sleep,
  type ExceptionContext,
} from '@loop/core'
import { expect, test } from 'vitest'
import { ThreadPoolExecutor, runCoroutineThreadsafe, threadsafeDoor, toThread, type DoorClient } from '../src/index.ts'
import { workerSource } from '../worker-source.mjs'

test('a worker schedules a callback on the loop', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const results: string[] = []
  await run(async () => {
    const door = threadsafeDoor(getRunningLoop())
    const arrived = getRunningLoop().createFuture<undefined>()
    door.register('push', (text: string) => {
      results.push(text)
      arrived.setResult(undefined)
    })
    await pool.submit(
      (door: DoorClient) => {
        door.callSoon('push', 'from thread')
      },
      [door],
    )
    await arrived
  })
  expect(results).toEqual(['from thread'])
})

test('calls of a thread run in their order, whatever way they take', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const seen: unknown[] = []
  const total = 10_000
  await run(async () => {
    const door = threadsafeDoor(getRunningLoop())
    const finished = getRunningLoop().createFuture<undefined>()
    const push = door.register('push', (n: number, extra: unknown) => {
      seen.push(n, extra)
      if (n === total - 1) finished.setResult(undefined)
    })
    // Ten thousand overflow the ring, because this thread stands still until all are made; every tenth goes by message
    // anyway.
    const produce = (door: DoorClient, push: never, total: number, made: Int32Array): number => {
      for (let i = 0; i < total; i++) door.callSoon(push, i, i % 10 === 0 ? { i } : i % 10 === 1 ? 'text' : null)
      const { pending } = door
      Atomics.store(made, 0, 1)
      Atomics.notify(made, 0)
      return pending
    }
    const made = new Int32Array(new SharedArrayBuffer(4))
    await pool.submit(() => 'started', [])
    const pending = pool.submit(produce, [door, push as never, total, made])
    await sleep(0)
    Atomics.wait(made, 0, 0)
    expect(await pending).toBe(total)
    await finished
    expect(door.statistics()).toMatchObject({ threads: 1, calls: total })
    expect(door.statistics().overflowed).toBeGreaterThan(0)
  })
  const expected: unknown[] = []
  for (let i = 0; i < total; i++) expected.push(i, i % 10 === 0 ? { i } : i % 10 === 1 ? 'text' : null)
  expect(seen).toEqual(expected)
})

test('the loop is woken from its sleep', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  await run(async () => {
    const loop = getRunningLoop()
    const door = threadsafeDoor(loop)
    const woken = loop.createFuture<number>()
    door.register('wake', (n: number) => {
      woken.setResult(n)
    })
    // The answer of the task comes on another way; only the call can settle this future.
    await pool.submit(
      (door: DoorClient) => {
        setTimeout(() => {
          door.callSoon('wake', 5)
        }, 10)
      },
      [door],
    )
    expect(await woken).toBe(5)
  })
})

test('a worker of one’s own opens a handle', async () => {
  const seen: number[] = []
  await run(async () => {
    const loop = getRunningLoop()
    const door = threadsafeDoor(loop)
    const done = loop.createFuture<undefined>()
    door.register('push', (n: number) => {
      seen.push(n)
      if (n === 3) done.setResult(undefined)
    })
    const handle = door.handle()
    expect(Object.keys(handle.names)).toEqual(['push'])
    const { text: client } = await workerSource(fileURLToPath(new URL('./fixtures/door-client.ts', import.meta.url)))
    const worker = new Worker(new URL('./fixtures/door-worker.mjs', import.meta.url), {
      workerData: { handle, client },
      transferList: [handle.port],
    })
    const exited = once(worker, 'exit')
    await done
    await exited
  })
  expect(seen).toEqual([1, 2, 3])
})

test('a coroutine runs as a task of the loop and its result comes back', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  await run(async () => {
    const door = threadsafeDoor(getRunningLoop())
    door.register('slowly', async (n: number) => {
      await sleep(1)
      return n * 2
    })
    door.register('failing', async () => {
      await sleep(0)
      throw new RangeError('no')
    })
    expect(await pool.submit(async (door: DoorClient) => await door.runCoroutine('slowly', 21), [door])).toBe(42)
    await expect(pool.submit(async (door: DoorClient) => await door.runCoroutine('failing'), [door])).rejects.toThrow(
      RangeError,
    )
    await expect(pool.submit(async (door: DoorClient) => await door.runCoroutine('missing'), [door])).rejects.toThrow(
      /not registered/,
    )
  })
})

test('after the loop has closed the thread gets a named error', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const loop = new EventLoop()
  const door = threadsafeDoor(loop)
  door.register('never', () => {
    throw new Error('was called')
  })
  await pool.submit(
    (door: DoorClient) => {
      ;(globalThis as { door?: DoorClient }).door = door
    },
    [door],
  )
  loop.close()
  const calling = pool.submit(() => {
    ;(globalThis as { door?: DoorClient }).door!.callSoon('never')
  }, [])
  await expect(calling).rejects.toThrow(LoopClosedError)
  expect(() => threadsafeDoor(loop)).toThrow(LoopClosedError)
  expect(() => door.handle()).toThrow(LoopClosedError)
})

test('an unknown name and a failing callback reach the exception handler', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const reports: string[] = []
  await run(async () => {
    const loop = getRunningLoop()
    const both = loop.createFuture<undefined>()
    loop.setExceptionHandler((_loop, context: ExceptionContext) => {
      reports.push(context.message)
      if (reports.length === 2) both.setResult(undefined)
    })
    const door = threadsafeDoor(loop)
    door.register('fails', () => {
      throw new Error('x')
    })
    await pool.submit(
      (door: DoorClient) => {
        door.callSoon('nobody')
        door.callSoon('fails')
      },
      [door],
    )
    await both
  })
  expect(reports).toEqual([
    'a thread called nobody, which is not registered on this door',
    'Exception in callback fails, called from another thread',
  ])
})

test('a callback runs in the context in which it was registered', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const storage = new AsyncLocalStorage<string>()
  const seen = await run(async () => {
    const loop = getRunningLoop()
    const door = threadsafeDoor(loop)
    const result = loop.createFuture<string | undefined>()
    storage.run('registered', () =>
      door.register('look', () => {
        result.setResult(storage.getStore())
      }),
    )
    await pool.submit(
      (door: DoorClient) => {
        door.callSoon('look')
      },
      [door],
    )
    return await result
  })
  expect(seen).toBe('registered')
})

test('the context of the submitter is that of the continuation', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 })
  const storage = new AsyncLocalStorage<number>()
  const task = (n: number): number => n
  const outside = await Promise.all(
    [1, 2, 3].map((n) =>
      storage.run(n, async () => {
        await pool.submit(task, [n])
        return storage.getStore()
      }),
    ),
  )
  expect(outside).toEqual([1, 2, 3])
  const inside = await run(
    async () =>
      await storage.run(7, async () => {
        await pool.submit(task, [1])
        return storage.getStore()
      }),
  )
  expect(inside).toBe(7)
})

test('in the loop’s own thread callSoonThreadsafe wakes the loop', async () => {
  const order = await run(async () => {
    const loop = getRunningLoop()
    const seen: string[] = []
    const done = loop.createFuture<undefined>()
    setImmediate(() => {
      loop.callSoonThreadsafe(() => {
        seen.push('called')
        done.setResult(undefined)
      })
    })
    await done
    return seen
  })
  expect(order).toEqual(['called'])
})

test('runCoroutineThreadsafe brings a result out of the loop, and cancels', async () => {
  const loop = new EventLoop()
  const running = loop.runForever()
  expect(
    await runCoroutineThreadsafe(async () => {
      await sleep(1)
      return 'done'
    }, loop),
  ).toBe('done')
  await expect(
    runCoroutineThreadsafe(async () => {
      await sleep(0)
      throw new RangeError('no')
    }, loop),
  ).rejects.toThrow(RangeError)
  const endless = runCoroutineThreadsafe(async () => {
    await sleep(1e9)
  }, loop)
  expect(endless.cancel()).toBe(true)
  await expect(endless).rejects.toThrow(CancelledError)
  loop.stop()
  await running
  loop.close()
})

test('toThread runs on the default executor, made on first use', async () => {
  const loop = new EventLoop()
  const result = await loop.runUntilComplete(async () => await toThread((a: number, b: number) => a + b, 40, 2))
  expect(result).toBe(42)
  await loop.runUntilComplete(async () => {
    await loop.shutdownDefaultExecutor()
  })
  loop.close()
})
