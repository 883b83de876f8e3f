/**
 * What every executor promises; each kind runs the same suite, with a reason beside each skip.
 *
 * Long because it is the whole contract, read from top to bottom.
 */
import { CancelledError, Future, NotSupportedError, TimeoutError, getRunningLoop, run, sleep } from '@loop/core'
import { describe, expect, test } from 'vitest'
import {
  BrokenExecutorError,
  ExecutorShutdownError,
  NotSerializableError,
  QueueLimitError,
  defineTask,
  moduleTasks,
  registerErrorClass,
  type PoolExecutor,
  type PoolOptions,
} from '../src/index.ts'
import { Baton, hold, holdOrStop } from './baton.ts'

/** What a kind of executor can do beyond the common part. */
export interface Kind {
  readonly name: string
  readonly make: (options?: PoolOptions) => PoolExecutor
  /** Memory can move to the worker. */
  readonly transfer: boolean
  /** The worker can be ended. */
  readonly kill: boolean
  /** A task handed over can still be taken back. */
  readonly revoke: boolean
}

/** The fixture's exports, and one that it has not. */
type Work = typeof import('./fixtures/work.mjs') & { missing: () => void }

const workUrl = new URL('./fixtures/work.mjs', import.meta.url)
const add = (a: number, b: number): number => a + b

export function executorContract(kind: Kind): void {
  const one = (options?: PoolOptions): PoolExecutor => kind.make({ maxWorkers: 1, ...options })

  describe(`${kind.name}: values`, () => {
    test('arguments and results arrive as they were', async () => {
      await using pool = one()
      const values = [
        undefined,
        null,
        true,
        false,
        0,
        -0,
        1.5,
        NaN,
        Infinity,
        2 ** 40,
        '',
        'text',
        'ünïcode 🚲',
        10n,
        new Date(5),
        [1, [2, [3]]],
        { a: { b: 'c' } },
        new Map([[1, 'one']]),
        new Set(['x']),
        new Uint8Array([1, 2, 3]),
      ]
      const echo = (value: unknown): unknown => value
      const back = await Promise.all(values.map((value) => pool.submit(echo, [value])))
      expect(back).toEqual(values)
      expect(Object.is(back[5], -0)).toBe(true)
    })

    test('a batch comes after single tasks, each with a function of its own', async () => {
      await using pool = kind.make({ maxWorkers: 4 })
      for (let round = 0; round < 3; round++) {
        expect(await pool.submit((n: number) => n, [round])).toBe(round)
        const batch = [1, 2, 3, 4, 5].map((n) => pool.submit((m: number) => m * 2, [n]))
        expect(await Promise.all(batch)).toEqual([2, 4, 6, 8, 10])
        const mapped: number[] = []
        for await (const value of pool.map((m: number) => m + 1, [1, 2, 3])) mapped.push(value)
        expect(mapped).toEqual([2, 3, 4])
      }
    })

    test('several arguments, more than fit a slot, and none', async () => {
      await using pool = one()
      const list = (...args: unknown[]): unknown[] => args
      expect(await pool.submit(list, [])).toEqual([])
      expect(await pool.submit(() => 'no arguments')).toBe('no arguments')
      expect(() => pool.submit(list, 'one' as never)).toThrow(/takes the arguments as an array/)
      expect(await pool.submit(list, [1, null, undefined, true])).toEqual([1, null, undefined, true])
      expect(await pool.submit(list, [1, 2, 3, 4, 5, 6, 7])).toEqual([1, 2, 3, 4, 5, 6, 7])
      expect(await pool.submit(list, [1, 'two', [3]])).toEqual([1, 'two', [3]])
    })

    test('an asynchronous function is awaited', async () => {
      await using pool = one()
      expect(await pool.submit(async (n: number) => await Promise.resolve(n + 1), [1])).toBe(2)
    })

    test('every form of function can be shipped', async () => {
      await using pool = one()
      const object = {
        method(n: number) {
          return n + 1
        },
        async later(n: number) {
          return await Promise.resolve(n + 2)
        },
        'a key'(n: number) {
          return n + 3
        },
      }
      function declared(n: number): number {
        return n === 0 ? 0 : 1 + declared(n - 1)
      }
      expect(await pool.submit(object.method, [1])).toBe(2)
      expect(await pool.submit(object.later, [1])).toBe(3)
      expect(await pool.submit(object['a key'], [1])).toBe(4)
      expect(await pool.submit(declared, [4])).toBe(4)
    })

    test('one worker runs in order of submission', async () => {
      await using pool = one()
      const next = (): number => {
        const state = globalThis as { counted?: number }
        return (state.counted = (state.counted ?? 0) + 1)
      }
      const first = await pool.submit(next, [])
      const rest = await Promise.all(Array.from({ length: 300 }, () => pool.submit(next, [])))
      expect(rest).toEqual(Array.from({ length: 300 }, (_, i) => first + 1 + i))
    })

    test('two workers that start one after the other share what was submitted at once', async () => {
      await using pool = kind.make({ maxWorkers: 2 })
      const sum = (a: number, o: { x: number } | null): number => a + (o === null ? 0 : o.x)
      const results = await Promise.all(
        Array.from({ length: 2000 }, (_, i) => pool.submit(sum, [i, i % 2 === 0 ? null : { x: 1 }])),
      )
      expect(results.reduce((a, b) => a + b, 0)).toBe(1999 * 1000 + 1000)
    })

    test('higher priorities overtake what waits', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      const order: string[] = []
      const note = async (name: string, priority: number): Promise<void> => {
        await pool.submit(add, [1, 2], { priority })
        order.push(name)
      }
      const notes = [note('low', -1), note('usual', 0), note('high', 5), note('usual too', 0)]
      baton.release()
      await Promise.all([held, ...notes])
      expect(order).toEqual(['high', 'usual', 'usual too', 'low'])
    })
  })

  describe(`${kind.name}: modules`, () => {
    const work = moduleTasks<Work>(workUrl)

    test('exports are submitted by name', async () => {
      await using pool = one()
      expect(await pool.submit(work.double, [21])).toBe(42)
      expect(await pool.submit(work.nameOf, ['/a/b.txt'])).toBe('b.txt')
      expect(await pool.submit(work.later, [1])).toBe(2)
    })

    test('a loader names the module too', async () => {
      await using pool = one()
      // Made from text, because the test runner rewrites the paths of imports for itself.
      const loader = new Function("return () => import('./fixtures/work.mjs')")() as () => Promise<Work>
      const loaded = moduleTasks(loader, import.meta.url)
      expect(await pool.submit(loaded.double, [4])).toBe(8)
    })

    test('the module keeps its state in its worker', async () => {
      await using pool = one()
      const first = await pool.submit(work.count, [])
      expect(await pool.submit(work.count, [])).toBe(first + 1)
    })

    test('a defined task is a function here and a reference there', async () => {
      await using pool = one()
      const double = defineTask(workUrl, 'double', (n: number) => n * 2)
      expect(double(3)).toBe(6)
      expect(await pool.submit(double, [3])).toBe(6)
    })

    test('a missing export, a missing module and a direct call are explained', async () => {
      await using pool = one()
      await expect(pool.submit(work.missing, [])).rejects.toThrow(/no exported function named missing/)
      const nowhere = moduleTasks<Work>(new URL('./fixtures/nowhere.mjs', import.meta.url))
      await expect(pool.submit(nowhere.double, [1])).rejects.toThrow(/nowhere\.mjs/)
      expect(() => work.double(1)).toThrow(/submit it to an executor/)
      expect(() => moduleTasks('./work.mjs')).toThrow(/absolute URL/)
    })
  })

  describe(`${kind.name}: errors`, () => {
    test('class, message, code, properties and cause are kept', async () => {
      await using pool = one()
      const failing = (): never => {
        class Refused extends TypeError {
          override name = 'Refused'
          code = 'E_REFUSED'
          detail = { amount: 5 }
        }
        throw new Refused('no', { cause: new RangeError('too much') })
      }
      const error = await pool.submit(failing, []).then(
        () => null,
        (reason: unknown) => reason as TypeError & Record<string, unknown>,
      )
      expect(error).toBeInstanceOf(TypeError)
      expect(error).toMatchObject({ name: 'Refused', message: 'no', code: 'E_REFUSED', detail: { amount: 5 } })
      expect(error?.cause).toBeInstanceOf(RangeError)
      expect(String((error?.cause as Error).message)).toBe('too much')
    })

    test('the stack is the worker’s and then the caller’s', async () => {
      await using pool = one()
      function inTheWorker(): never {
        throw new Error('deep')
      }
      const error = await submitFromHere(pool, inTheWorker)
      expect(error.stack).toMatch(/Error: deep[\s\S]*inTheWorker[\s\S]*--- submitted ---[\s\S]*submitFromHere/)
    })

    test('a registered class arrives as an instance', async () => {
      class Rejected extends Error {}
      registerErrorClass(Rejected)
      await using pool = one()
      const failing = (): never => {
        class Rejected extends Error {}
        throw new Rejected('again')
      }
      await expect(pool.submit(failing, [])).rejects.toBeInstanceOf(Rejected)
    })

    test('groups, and what is no error', async () => {
      await using pool = one()
      const group = (): never => {
        throw new AggregateError([new TypeError('a'), 'b'], 'two')
      }
      const error = (await pool.submit(group, []).then(
        () => null,
        (reason: unknown) => reason,
      )) as AggregateError
      expect(error).toBeInstanceOf(AggregateError)
      expect(error.errors[0]).toBeInstanceOf(TypeError)
      expect(error.errors[1]).toBe('b')
      const thrower = (): never => {
        throw { plain: true }
      }
      await expect(pool.submit(thrower, [])).rejects.toEqual({ plain: true })
      expect(await pool.submit(add, [1, 1])).toBe(2)
    })
  })

  describe(`${kind.name}: what cannot travel`, () => {
    const outer = 5
    const cases: [string, (...args: never[]) => unknown, RegExp][] = [
      ['a captured name', () => outer, /`outer`.*moduleTasks/],
      [
        'this',
        function (this: unknown) {
          return this
        },
        /`this`/,
      ],
      ['a native function', Math.max, /native/],
      ['a bound function', add.bind(null, 1), /bound/],
      ['eval', () => eval('1') as unknown, /eval/],
      [
        'super',
        {
          method() {
            return super.toString()
          },
        }.method,
        /`super`/,
      ],
    ]
    test.each(cases)('%s is named', async (_title, fn, message) => {
      await using pool = one()
      const refused = await pool.submit(fn as () => unknown, []).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(refused).toBeInstanceOf(NotSerializableError)
      expect((refused as Error).message).toMatch(message)
    })

    test('every captured name is listed', async () => {
      await using pool = one()
      const more = 1
      const refused = await pool
        .submit(() => outer + more, [])
        .then(
          () => null,
          (reason: unknown) => reason,
        )
      expect((refused as NotSerializableError).captured).toEqual(['outer', 'more'])
    })

    test('a class is refused', async () => {
      await using pool = one()
      class Counter {
        count = 0
      }
      await expect(pool.submit(Counter as unknown as () => void, [])).rejects.toThrow(/class/)
    })

    test('an argument and a result that cannot be copied fail alone', async () => {
      await using pool = one()
      const argument = pool.submit((x: unknown) => typeof x, [() => 1])
      const neighbour = pool.submit((x: unknown) => x, [{ fine: true }])
      const result = pool.submit(() => () => 1, [])
      const other = pool.submit((x: unknown) => x, ['fine'])
      await expect(argument).rejects.toThrow(/argument 1/)
      await expect(argument).rejects.toBeInstanceOf(NotSerializableError)
      await expect(result).rejects.toBeInstanceOf(NotSerializableError)
      expect(await neighbour).toEqual({ fine: true })
      expect(await other).toBe('fine')
    })

    test.skipIf(!kind.transfer)('transferred memory moves', async () => {
      await using pool = one()
      const buffer = new ArrayBuffer(8)
      expect(await pool.submit((b: ArrayBuffer) => b.byteLength, [buffer], { transfer: [buffer] })).toBe(8)
      expect(buffer.byteLength).toBe(0)
    })

    test.skipIf(kind.transfer)('transfer is refused where nothing can move', () => {
      const pool = one()
      expect(() => pool.submit(add, [1, 2], { transfer: [] })).toThrow(NotSupportedError)
    })
  })

  describe(`${kind.name}: cancelling and limits`, () => {
    test('a waiting task is removed and never runs', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      const count = (): number =>
        ((globalThis as { ran?: number }).ran = ((globalThis as { ran?: number }).ran ?? 0) + 1)
      const before = pool.submit(count, [])
      const waiting = pool.submit(count, [])
      const after = pool.submit(count, [])
      expect(waiting.cancel('changed my mind')).toBe(true)
      await expect(waiting).rejects.toThrow(CancelledError)
      expect(waiting.cancel()).toBe(false)
      baton.release()
      await held
      expect((await after) - (await before)).toBe(1)
      expect(pool.statistics().cancelled).toBe(1)
    })

    test('a running task keeps its answer', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      const running = pool.submit(hold, [baton.port])
      await baton.held()
      expect(running.cancel()).toBe(false)
      baton.release()
      expect(await running).toBe('let go')
    })

    test('with cancelRunning a running task is asked to stop', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      const { signal } = new AbortController()
      const running = pool.submit(holdOrStop, [baton.port, signal], { cancelRunning: true })
      await baton.held()
      expect(running.cancel()).toBe(true)
      await expect(running).rejects.toThrow(CancelledError)
      expect(await pool.submit(add, [1, 2])).toBe(3)
    })

    test('aborting the signal of a running task ends it and reaches the function', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      const controller = new AbortController()
      const running = pool.submit(holdOrStop, [baton.port, controller.signal], { signal: controller.signal })
      await baton.held()
      controller.abort(new Error('enough'))
      const error = await running.then(
        () => null,
        (reason: unknown) => reason as Error,
      )
      expect(error).toBeInstanceOf(CancelledError)
      expect((error?.cause as Error).message).toBe('enough')
      expect(await pool.submit(add, [1, 2])).toBe(3)
    })

    test('aborting a signal that is only an argument is the function’s business', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      const controller = new AbortController()
      const running = pool.submit(holdOrStop, [baton.port, controller.signal])
      await baton.held()
      controller.abort()
      expect(await running).toBe('stopped')
    })

    test('an argument’s signal that is aborted before the task starts is aborted for the function', async () => {
      await using pool = one()
      const looking = (signal: AbortSignal): string => {
        while (!signal.aborted);
        return 'stopped'
      }
      const controller = new AbortController()
      const waiting = pool.submit(looking, [controller.signal])
      controller.abort()
      expect(await waiting).toBe('stopped')
      expect(await pool.submit(looking, [AbortSignal.abort()])).toBe('stopped')
    })

    test('a signal that is aborted already, or while the task waits', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      await expect(pool.submit(add, [1, 2], { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError)
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      const controller = new AbortController()
      const waiting = pool.submit(add, [1, 2], { signal: controller.signal })
      controller.abort()
      await expect(waiting).rejects.toThrow(CancelledError)
      baton.release()
      await held
      expect(pool.statistics()).toMatchObject({ submitted: 3, cancelled: 2, succeeded: 1 })
    })

    test('a time limit counts from the start of the run', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      // Waits behind the other for longer than its limit, and is quick once it runs.
      const patient = pool.submit(add, [1, 2], { timeout: 20 })
      const { signal } = new AbortController()
      await new Promise((resolve) => setTimeout(resolve, 60))
      baton.release()
      await held
      expect(await patient).toBe(3)
      const slow = pool.submit(holdOrStop, [baton.port, signal], { timeout: 20 })
      await expect(slow).rejects.toThrow(TimeoutError)
      expect(await pool.submit(add, [1, 2])).toBe(3)
    })

    test('queueLimit refuses what is too much', async () => {
      await using baton = await Baton.create()
      await using pool = one({ queueLimit: 2 })
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      const waiting = [pool.submit(add, [1, 1]), pool.submit(add, [1, 1])]
      expect(() => pool.submit(add, [1, 1])).toThrow(QueueLimitError)
      baton.release()
      expect(await Promise.all([held, ...waiting])).toEqual(['let go', 2, 2])
    })

    test('bad input is refused at the call', () => {
      const pool = one()
      expect(() => pool.submit('work' as never, [])).toThrow(TypeError)
      expect(() => pool.submit(add, 5 as never)).toThrow(/array/)
      expect(() => pool.submit(add, [1, 2], { timeout: NaN })).toThrow(/timeout/)
      expect(() => pool.submit(add, [1, 2], { timeout: -1 })).toThrow(RangeError)
      expect(() => pool.submit(add, [1, 2], { priority: 'high' as never })).toThrow(/priority/)
      expect(() => kind.make({ queueLimit: 1.5 })).toThrow(/queueLimit/)
      expect(() => kind.make({ initializer: 5 as never })).toThrow(/initializer/)
    })
  })

  describe(`${kind.name}: map`, () => {
    const square = (n: number): number => n * n

    test.each([1, 3, 100])('keeps the order, in chunks of %d', async (chunkSize) => {
      await using pool = kind.make({ maxWorkers: 2 })
      const results: number[] = []
      for await (const result of pool.map(
        square,
        Array.from({ length: 50 }, (_, i) => i),
        { chunkSize },
      ))
        results.push(result)
      expect(results).toEqual(Array.from({ length: 50 }, (_, i) => i * i))
    })

    test('asynchronous functions and inputs', async () => {
      await using pool = kind.make({ maxWorkers: 2 })
      async function* numbers(): AsyncGenerator<number> {
        for (let i = 0; i < 7; i++) yield await Promise.resolve(i)
      }
      const results: number[] = []
      for await (const n of pool.map(async (n: number) => await Promise.resolve(n + 1), numbers(), { chunkSize: 2 }))
        results.push(n)
      expect(results).toEqual([1, 2, 3, 4, 5, 6, 7])
    })

    test('takes no more items than the reader keeps up with', async () => {
      await using pool = kind.make({ maxWorkers: 1 })
      let taken = 0
      function* endless(): Generator<number> {
        for (;;) yield taken++
      }
      for await (const result of pool.map(square, endless())) if (result >= 100) break
      expect(taken).toBeLessThan(20)
    })

    test('an error stands at its place', async () => {
      await using pool = kind.make({ maxWorkers: 2 })
      const results: number[] = []
      const failing = (n: number): number => {
        if (n === 3) throw new RangeError('three')
        return n
      }
      const reading = (async () => {
        for await (const result of pool.map(failing, [1, 2, 3, 4])) results.push(result)
      })()
      await expect(reading).rejects.toThrow(RangeError)
      expect(results).toEqual([1, 2])
    })
  })

  describe(`${kind.name}: life`, () => {
    test('shutdown waits for the work', async () => {
      const pool = one()
      const results = [pool.submit(add, [1, 1]), pool.submit(add, [2, 2])]
      await pool.shutdown()
      expect(await Promise.all(results)).toEqual([2, 4])
      expect(pool.statistics()).toMatchObject({ workers: 0, waiting: 0, running: 0, succeeded: 2 })
      await pool.shutdown()
    })

    test('cancelPending drops what has not started', async () => {
      await using baton = await Baton.create()
      const pool = one()
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      const waiting = pool.submit(add, [1, 1])
      const ended = pool.shutdown({ cancelPending: true })
      await expect(waiting).rejects.toThrow(CancelledError)
      baton.release()
      expect(await held).toBe('let go')
      await ended
    })

    test('wait: false returns at once and the work still ends', async () => {
      await using baton = await Baton.create()
      const pool = one()
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      await pool.shutdown({ wait: false })
      baton.release()
      expect(await held).toBe('let go')
    })

    test('submitting after shutdown is refused', async () => {
      const pool = one()
      await pool.shutdown()
      expect(() => pool.submit(add, [1, 2])).toThrow(ExecutorShutdownError)
    })

    test('an executor that was never used shuts down', async () => {
      await one().shutdown()
    })

    test('the initializer runs before the first task', async () => {
      const initializer = (value: number): void => {
        ;(globalThis as { prepared?: number }).prepared = value
      }
      await using pool = one({ initializer, initializerArgs: [7] })
      expect(await pool.submit(() => (globalThis as { prepared?: number }).prepared, [])).toBe(7)
    })

    test('a failing initializer breaks the executor', async () => {
      const initializer = (): never => {
        throw new Error('no database')
      }
      const pool = one({ initializer })
      const error = await pool.submit(add, [1, 2]).then(
        () => null,
        (reason: unknown) => reason as Error,
      )
      expect(error).toBeInstanceOf(BrokenExecutorError)
      expect((error?.cause as Error).message).toBe('no database')
      expect(() => pool.submit(add, [1, 2])).toThrow(BrokenExecutorError)
      await pool.shutdown()
    })

    test('the counts add up', async () => {
      await using pool = one()
      const failing = (): never => {
        throw new Error('x')
      }
      const tasks = [pool.submit(add, [1, 2]), pool.submit(failing, []), pool.submit(add, [3, 4])]
      tasks[2]!.cancel()
      await Promise.allSettled(tasks)
      const statistics = pool.statistics()
      expect(statistics).toMatchObject({ submitted: 3, succeeded: 1, failed: 1, cancelled: 1, lost: 0, waiting: 0 })
      expect(statistics.runTime.count).toBe(2)
      expect(statistics.waitTime.count).toBe(2)
      expect(statistics.runTime.max).toBeGreaterThanOrEqual(statistics.runTime.p50)
    })
  })

  describe(`${kind.name}: in a running loop`, () => {
    test('submit answers with a future of the loop, and the task goes on in it', async () => {
      await using pool = one()
      const result = await run(async () => {
        const future = pool.submit(add, [20, 22])
        expect(future).toBeInstanceOf(Future)
        return await future
      })
      expect(result).toBe(42)
    })

    test('results are taken in the order in which the loop runs its handles', async () => {
      await using pool = one()
      const order = await run(async () => {
        const seen: number[] = []
        const futures = [1, 2, 3, 4].map((n) => pool.submit(add, [n, 0]) as unknown as Future<number>)
        for (const future of futures) future.addDoneCallback((done) => seen.push(done.result()))
        await Promise.all(futures)
        return seen
      })
      expect(order).toEqual([1, 2, 3, 4])
    })

    test('cancelling the task that waits cancels what has not started', async () => {
      await using baton = await Baton.create()
      await using pool = one()
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      await run(async () => {
        const waiting = getRunningLoop().createTask(async () => await pool.submit(add, [1, 2]))
        await sleep(0)
        await sleep(0)
        waiting.cancel()
        await expect(waiting).rejects.toThrow(CancelledError)
      })
      baton.release()
      await held
      expect(pool.statistics().cancelled).toBe(1)
    })
  })
}

async function submitFromHere(pool: PoolExecutor, fn: () => never): Promise<Error> {
  const submission = pool.submit(fn, [])
  return await submission.then(
    () => new Error('did not fail'),
    (reason: unknown) => reason as Error,
  )
}
