/**
 * What every executor promises to programs that do odd things to it; each kind runs the same suite.
 *
 * Long because it is the second half of one contract, read from top to bottom.
 */
import { describe, expect, test } from 'vitest'
import { BrokenExecutorError, moduleTasks, type PoolExecutor, type PoolOptions } from '../src/index.ts'
import { Baton, hold, holdOrStop } from './baton.ts'
import type { Kind } from './contract.ts'

const add = (a: number, b: number): number => a + b
const failure = (submission: Promise<unknown>): Promise<unknown> =>
  submission.then(
    () => 'did not fail',
    (reason: unknown) => reason,
  )

export function hardUseContract(kind: Kind): void {
  const one = (options?: PoolOptions): PoolExecutor => kind.make({ maxWorkers: 1, ...options })

  describe(`${kind.name}: errors that are hard to carry`, () => {
    test('a field that cannot be read costs that field', async () => {
      await using pool = one()
      const failing = (): never => {
        const error = Object.assign(new TypeError('readable'), {
          code: 'E_ODD',
          cause: new RangeError('why'),
          nested: { fn: () => 1, kept: [1] },
        })
        Object.defineProperty(error, 'odd', {
          enumerable: true,
          get: () => {
            throw new Error('not this one')
          },
        })
        throw error
      }
      const error = (await failure(pool.submit(failing))) as TypeError & Record<string, unknown>
      expect(error).toBeInstanceOf(TypeError)
      expect(error).toMatchObject({ message: 'readable', code: 'E_ODD', nested: { fn: '[function fn]', kept: [1] } })
      expect(error['odd']).toBe('[could not be read: not this one]')
      expect(error.cause).toBeInstanceOf(RangeError)
    })

    test('a message, a name and a stack that are no text', async () => {
      await using pool = one()
      const failing = (): never => {
        throw Object.assign(new RangeError('first'), {
          message: Symbol('odd'),
          name: 5,
          stack: { not: 'text' },
          code: 7,
        })
      }
      const error = (await failure(pool.submit(failing as () => never))) as RangeError & { code: number }
      expect(error).toBeInstanceOf(RangeError)
      expect(error).toMatchObject({ message: 'Symbol(odd)', name: 'RangeError', code: 7 })
      expect(typeof error.stack).toBe('string')
    })

    test('an object and an error without prototypes, a proxy that refuses everything, a symbol, a function', async () => {
      await using pool = one()
      const thrower = (what: string): never => {
        const refuse = (): never => {
          throw new Error('refused')
        }
        const things: Record<string, () => unknown> = {
          object: () => Object.assign(Object.create(null) as object, { code: 42 }),
          error: () => Object.setPrototypeOf(Object.assign(new Error('kept'), { code: 43 }), null) as unknown,
          proxy: () => new Proxy({}, { get: refuse, ownKeys: refuse, getPrototypeOf: refuse, has: refuse }),
          symbol: () => Symbol('thrown'),
          function: () => function thrown() {},
          promise: () => new Promise(() => {}),
          nothing: () => undefined,
        }
        throw things[what]!()
      }
      expect(await failure(pool.submit(thrower, ['object']))).toEqual({ code: 42 })
      expect(await failure(pool.submit(thrower, ['error']))).toMatchObject({ message: 'kept', code: 43 })
      expect(typeof (await failure(pool.submit(thrower, ['proxy'])))).toBe('string')
      expect(await failure(pool.submit(thrower, ['symbol']))).toBe('Symbol(thrown)')
      expect(await failure(pool.submit(thrower, ['function']))).toBe('[function thrown]')
      expect(await failure(pool.submit(thrower, ['promise']))).toBe('[object Promise]')
      expect(await failure(pool.submit(thrower, ['nothing']))).toBe(undefined)
    })

    test('circles keep their shape: errors that name their group as their cause', async () => {
      await using pool = one()
      const failing = (count: number): never => {
        const all = new AggregateError([], 'all failed')
        all.errors = Array.from({ length: count }, (_, i) => new Error(`attempt ${i}`, { cause: all }))
        throw all
      }
      const error = (await failure(pool.submit(failing, [300]))) as AggregateError
      expect(error).toBeInstanceOf(AggregateError)
      expect(error.errors.map((each: Error) => each.message)).toEqual(
        Array.from({ length: 300 }, (_, i) => `attempt ${i}`),
      )
      expect(error.errors.every((each: Error) => each.cause === error)).toBe(true)
    })

    test('a chain of thousands of causes, and one field that a thousand errors share', async () => {
      await using pool = one()
      const chain = (length: number): never => {
        let error = new Error('0')
        for (let i = 1; i < length; i++) error = new Error(String(i), { cause: error })
        throw error
      }
      let last = await failure(pool.submit(chain, [5000]))
      let links = 0
      for (; last instanceof Error; last = last.cause) links++
      expect(links).toBe(5000)
      const shared = (count: number): never => {
        const config = { big: 'x'.repeat(100_000) }
        throw new AggregateError(Array.from({ length: count }, () => Object.assign(new Error('one'), { config })))
      }
      const error = (await failure(pool.submit(shared, [1000]))) as AggregateError
      const configs = new Set(error.errors.map((each: { config: object }) => each.config))
      expect(configs.size).toBe(1)
    })

    test('data that is nested too deep is cut where it is', async () => {
      await using pool = one()
      const failing = (depth: number): never => {
        let data: object = {}
        for (let i = 0; i < depth; i++) data = { data }
        throw Object.assign(new Error('deep'), { data })
      }
      expect(await failure(pool.submit(failing, [100_000]))).toMatchObject({ message: 'deep' })
    })

    test('a result whose `then` cannot be read fails its task alone', async () => {
      await using pool = one()
      const odd = (): object =>
        Object.defineProperty({}, 'then', {
          get: () => {
            throw new RangeError('no then')
          },
        })
      expect(await failure(pool.submit(odd))).toBeInstanceOf(RangeError)
      expect(await pool.submit(add, [1, 2])).toBe(3)
    })
  })

  describe(`${kind.name}: copies`, () => {
    test('an object that several tasks are given is a copy for each', async () => {
      await using pool = one()
      const given = { count: 0, list: [] as number[] }
      const count = (object: typeof given, n: number): { count: number; list: number[] } => {
        object.count++
        object.list.push(n)
        return object
      }
      await pool.submit(add, [1, 1])
      const answers = await Promise.all([1, 2, 3].map((n) => pool.submit(count, [given, n])))
      expect(answers).toEqual([
        { count: 1, list: [1] },
        { count: 1, list: [2] },
        { count: 1, list: [3] },
      ])
      expect(given).toEqual({ count: 0, list: [] })
    })

    test('bytes too, and what lies inside of other things', async () => {
      await using pool = one()
      const bytes = new Uint8Array(4)
      const bump = (nested: Map<string, { bytes: Uint8Array }>): number => ++nested.get('key')!.bytes[0]!
      await pool.submit(add, [1, 1])
      expect(await Promise.all([1, 2, 3].map(() => pool.submit(bump, [new Map([['key', { bytes }]])])))).toEqual([
        1, 1, 1,
      ])
    })

    test('a result that several tasks return is a copy for each', async () => {
      await using pool = one()
      const same = (): object => ((globalThis as { kept?: object }).kept ??= { a: [1] })
      await pool.submit(same)
      const answers = await Promise.all([1, 2, 3].map(() => pool.submit(same)))
      expect(new Set(answers).size).toBe(3)
    })

    test.skipIf(kind.transfer)(
      'shared memory and views of it are refused by name where memory cannot be shared, both ways',
      async () => {
        await using pool = one()
        const memory = new SharedArrayBuffer(8)
        const look = (_first: number, value: unknown): string => typeof value
        for (const form of [memory, new Int32Array(memory), [{ deep: new Uint8Array(memory, 2, 4) }]]) {
          const error = await failure(pool.submit(look, [1, form]))
          expect((error as Error).message).toMatch(/argument 2 cannot travel \(it holds shared memory/)
          expect((error as Error).message).not.toMatch(/transfer/)
        }
        expect(String(await failure(pool.submit(() => new Int32Array(new SharedArrayBuffer(8)))))).toMatch(
          /shared memory/,
        )
        expect(await pool.submit(add, [1, 2])).toBe(3)
      },
    )

    test('a view brings its own bytes and no others, both ways', async () => {
      await using pool = one()
      const block = new Uint8Array(1000).fill(9)
      const sizes = (...args: unknown[]): number[] => {
        const found: number[] = []
        const look = (value: unknown): void => {
          if (ArrayBuffer.isView(value)) found.push(value.byteLength, value.buffer.byteLength)
          else if (value instanceof Map) for (const each of value.values()) look(each)
          else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) look(each)
        }
        look(args)
        return found
      }
      const part = block.subarray(10, 13)
      class Message {
        constructor(readonly body: Uint8Array) {}
      }
      const forms: unknown[] = [
        part,
        [part],
        { body: part },
        new Map([['body', part]]),
        new Message(part),
        Buffer.from(block.buffer, 4, 3),
      ]
      for (const form of forms) {
        const [length, size] = await pool.submit(sizes, [form])
        expect(length).toBe(3)
        // A process gets bytes in buffers of its own channel: what counts is that none of the block is there.
        if (kind.transfer) expect(size).toBe(3)
      }
      const views = new Float64Array([1, 2, 3, 4]).subarray(1, 3)
      expect(await pool.submit((view: Float64Array) => [view.constructor.name, ...view], [views])).toEqual([
        'Float64Array',
        2,
        3,
      ])
      const back = await pool.submit(() => ({ bytes: new Uint8Array(1000).subarray(0, 5) }))
      expect(back.bytes).toEqual(new Uint8Array(5))
      if (kind.transfer) expect(back.bytes.buffer.byteLength).toBe(5)
    })
  })

  describe(`${kind.name}: functions without end`, () => {
    test('one that is written in place at each call is known by its text', async () => {
      await using pool = one()
      const fresh = (): ((x: number) => number) => (x) => x + 1
      for (let i = 0; i < 20; i++) expect(await pool.submit(fresh(), [i])).toBe(i + 1)
    })

    test('thousands of different ones are forgotten again, and known again when they come back', async () => {
      await using pool = one()

      const made = (n: number): (() => number) => new Function(`return () => ${n}`)() as () => number
      const count = 3000
      for (let from = 0; from < count; from += 500) {
        const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => pool.submit(made(from + i))))
        expect(answers).toEqual(Array.from({ length: 500 }, (_, i) => from + i))
      }
      expect(await pool.submit(made(1))).toBe(1)
      expect(await pool.submit(made(count - 1))).toBe(count - 1)
    })

    test('closures leave the heap of the worker flat', async () => {
      await using pool = one()
      const heap = (): number => {
        process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc')
        const collect = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void
        collect()
        return process.memoryUsage().heapUsed
      }
      const calls = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i += 500)
          await Promise.all(Array.from({ length: 500 }, (_, k) => pool.submit((x: number) => x + 1, [k])))
      }
      await calls(1000)
      const before = await pool.submit(heap)
      await calls(10_000)
      // Kept, they would take nine megabytes.
      expect((await pool.submit(heap)) - before).toBeLessThan(3e6)
    })
  })

  describe(`${kind.name}: signals`, () => {
    test('one signal for many tasks is no leak, and ends them all', async () => {
      const warnings: Error[] = []
      const warned = (warning: Error): void => void warnings.push(warning)
      process.on('warning', warned)
      await using baton = await Baton.create()
      await using pool = one()
      const controller = new AbortController()
      const { signal } = controller
      await Promise.all(Array.from({ length: 50 }, (_, i) => pool.submit(add, [i, 1], { signal })))
      const held = pool.submit(hold, [baton.port])
      await baton.held()
      const waiting = Array.from({ length: 50 }, (_, i) => pool.submit(add, [i, 1], { signal }))
      controller.abort()
      expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true)
      baton.release()
      await held
      await new Promise((resolve) => setImmediate(resolve))
      process.off('warning', warned)
      expect(warnings).toEqual([])
    })
  })

  describe(`${kind.name}: workers and their number`, () => {
    test.skipIf(!kind.kill)('a cold pool starts a worker for each of the tasks that wait for each other', async () => {
      await using baton = await Baton.create()
      await using pool = kind.make({ maxWorkers: 6 })
      const held = Array.from({ length: 6 }, () => pool.submit(hold, [baton.port]))
      await baton.held(6)
      baton.release()
      expect(await Promise.all(held)).toEqual(new Array(6).fill('let go'))
    })

    test.skipIf(!kind.kill)('so does one whose tasks were brief until now', async () => {
      await using baton = await Baton.create()
      await using pool = kind.make({ maxWorkers: 6 })
      const maybe = async (port: number): Promise<string> => {
        if (port === 0) return ''
        const net = process.getBuiltinModule('node:net')
        await new Promise((resolve) => {
          net.connect(port, '127.0.0.1').on('error', resolve).on('close', resolve)
        })
        return 'let go'
      }
      for (let i = 0; i < 300; i++) await pool.submit(maybe, [0])
      const held = Array.from({ length: 6 }, () => pool.submit(maybe, [baton.port]))
      await baton.held(6)
      baton.release()
      expect(await Promise.all(held)).toEqual(new Array(6).fill('let go'))
    })

    test('tasksPerWorker: others go on while one waits', async () => {
      await using baton = await Baton.create()
      await using pool = one({ tasksPerWorker: 4 })
      const held = Array.from({ length: 5 }, () => pool.submit(hold, [baton.port]))
      await baton.held(4)
      expect(pool.statistics().workers).toBe(1)
      const fifth = baton.held(5)
      baton.release()
      await fifth
      baton.release()
      expect(await Promise.all(held)).toEqual(new Array(5).fill('let go'))
    })

    test('tasksPerWorker: without a bound, one worker does it all', async () => {
      await using baton = await Baton.create()
      await using pool = one({ tasksPerWorker: Infinity })
      const held = Array.from({ length: 50 }, () => pool.submit(hold, [baton.port]))
      await baton.held(50)
      baton.release()
      expect(await Promise.all(held)).toEqual(new Array(50).fill('let go'))
    })

    test('tasksPerWorker: each task has its own signal', async () => {
      await using baton = await Baton.create()
      await using pool = one({ tasksPerWorker: 3 })
      const controllers = [new AbortController(), new AbortController(), new AbortController()]
      const running = controllers.map(({ signal }) => pool.submit(holdOrStop, [baton.port, signal]))
      await baton.held(3)
      controllers[1]!.abort()
      expect(await running[1]).toBe('stopped')
      baton.release()
      expect(await Promise.all(running)).toEqual(['let go', 'stopped', 'let go'])
    })

    test('tasksPerWorker: thousands of tasks, each with its own answer', async () => {
      await using pool = kind.make({ maxWorkers: 2, tasksPerWorker: 16 })
      const later = async (n: number, odd: boolean): Promise<{ n: number }> => {
        for (let i = 0; i < n % 3; i++) await new Promise((resolve) => setImmediate(resolve))
        if (odd) throw new RangeError(String(n))
        return { n }
      }
      const answers = await Promise.allSettled(
        Array.from({ length: 2000 }, (_, n) => pool.submit(later, [n, n % 7 === 0])),
      )
      expect(
        answers.every((answer, n) =>
          answer.status === 'fulfilled' ? answer.value.n === n : (answer.reason as Error).message === String(n),
        ),
      ).toBe(true)
      expect(pool.statistics()).toMatchObject({ submitted: 2000, succeeded: 1714, failed: 286, waiting: 0, running: 0 })
    })

    test.skipIf(!kind.kill)('maxHeapUsed: a worker whose heap has grown is replaced, and no task is lost', async () => {
      await using pool = one({ maxHeapUsed: 40 })
      const grow = (): number => {
        const state = globalThis as { mark?: number; kept?: unknown[] }
        state.mark ??= Math.random()
        state.kept ??= Array.from({ length: 8 }, () => new Array<number>(1_000_000).fill(0))
        return state.mark
      }
      const marks = await Promise.all(Array.from({ length: 4 }, () => pool.submit(grow)))
      for (let i = 0; i < 2; i++) marks.push(await pool.submit(grow))
      expect(new Set(marks).size).toBeGreaterThan(1)
      expect(pool.statistics()).toMatchObject({ succeeded: 6, lost: 0, crashed: 0 })
    })

    test('preload and ready: modules are there before the first task', async () => {
      const work = moduleTasks<typeof import('./fixtures/work.mjs')>(new URL('./fixtures/work.mjs', import.meta.url))
      await using pool = one({
        ...(kind.kill ? { minWorkers: 1 } : {}),
        preload: [work, new URL('./fixtures/preloaded.mjs', import.meta.url)],
      })
      await pool.ready()
      if (kind.kill) expect(pool.statistics()).toMatchObject({ workers: 1, submitted: 0 })
      expect(await pool.submit(() => (globalThis as { preloaded?: number }).preloaded)).toBe(1)
      expect(await pool.run(work.double, 21)).toBe(42)
    })

    test('a module that cannot be loaded ahead breaks the pool', async () => {
      const pool = one({ minWorkers: 1, preload: [new URL('./fixtures/nowhere.mjs', import.meta.url)] })
      const error = await failure(kind.kill ? pool.ready() : pool.submit(add, [1, 2]))
      expect(error).toBeInstanceOf(BrokenExecutorError)
      expect(String(((error as Error).cause as Error).message)).toMatch(/nowhere/)
      await pool.shutdown()
    })
  })

  describe(`${kind.name}: events`, () => {
    test('start, drained and exit are told in order, and a listener that throws stops nothing', async () => {
      const seen: string[] = []
      const reported: string[] = []
      const usual = console.error
      console.error = (message: string) => void reported.push(message)
      const pool = one({ namePrefix: 'seen' })
      pool.on('workerStart', () => {
        throw new Error('not my day')
      })
      pool.on('workerStart', ({ worker }) => seen.push(`start ${worker}`))
      pool.on('drained', () => seen.push('drained'))
      pool.on('workerExit', ({ worker, asked, lost }) => seen.push(`exit ${worker} ${asked} ${lost}`))
      expect(await Promise.all([1, 2, 3].map((n) => pool.run(add, n, 1)))).toEqual([2, 3, 4])
      await pool.shutdown()
      console.error = usual
      expect(seen).toEqual(['start seen-1', 'drained', 'exit seen-1 true 0'])
      expect(reported).toEqual([expect.stringMatching(/workerStart/)])
    })

    test.skipIf(!kind.kill)('an error that a task left behind is heard', async () => {
      await using pool = one()
      const told = new Promise((resolve) => pool.once('workerError', resolve))
      const stray = (): number => {
        setTimeout(() => {
          throw new RangeError('connection lost')
        })
        return 1
      }
      expect(await pool.submit(stray)).toBe(1)
      expect(((await told) as { error: Error }).error).toMatchObject({ message: 'connection lost' })
      expect(await pool.submit(add, [1, 2])).toBe(3)
    })
  })
}
