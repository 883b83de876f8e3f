/**
 * Wrong arguments do not compile, and answers are promises for the compiler. Held by the type check; nothing here runs
 * a worker.
 */
import type { Awaitable, Future } from '@loop/core'
import { expectTypeOf, test } from 'vitest'
import type { DoorClient, PoolExecutor, Submission, ThreadsafeDoor, toThread } from '../src/index.ts'

declare const pool: PoolExecutor
declare const thread: typeof toThread
declare const work: {
  readonly upper: (text: string) => string
  readonly later: (n: number, unit?: string) => Promise<bigint>
}
const twice = (n: number): number => n * 2
const any = (...args: unknown[]): number => args.length

// Never called: the compiler reads it.
export const calls = {
  right: () => [
    pool.submit(twice, [1]),
    pool.submit(work.upper, ['a'], { priority: 1 }),
    pool.submit(work.later, [1]),
    pool.submit(work.later, [1, 's']),
    pool.submit(() => 1),
    pool.submit(any, [1, 'two']),
    pool.run(twice, 1),
    pool.run(() => 1),
    thread(twice, 1),
    pool.map(twice, [1, 2]),
    pool.map(async (text: string) => await Promise.resolve(text), new Set(['a'])),
    pool.submit((door: DoorClient, n: number) => door.pending + n, [{} as ThreadsafeDoor, 1]),
  ],
  wrong: () => {
    // @ts-expect-error -- no arguments
    void pool.submit(twice)
    // @ts-expect-error -- too few
    void pool.submit(twice, [])
    // @ts-expect-error -- too few
    void pool.submit(work.upper, [])
    // @ts-expect-error -- of another type
    void pool.submit(work.upper, [5])
    // @ts-expect-error -- of another type
    void pool.submit(twice, ['a'])
    // @ts-expect-error -- too many
    void pool.submit(twice, [1, 2])
    // @ts-expect-error -- not in an array
    void pool.submit(twice, 1)
    // @ts-expect-error -- no such option
    void pool.submit(twice, [1], { timout: 5 })
    // @ts-expect-error -- no arguments
    void pool.run(twice)
    // @ts-expect-error -- of another type
    void pool.run(twice, 'a')
    // @ts-expect-error -- too many
    void pool.run(twice, 1, 2)
    // @ts-expect-error -- of another type
    void thread(twice, 'a')
    // @ts-expect-error -- no arguments
    void thread(twice)
    // @ts-expect-error -- items of another type
    void pool.map(twice, ['a'])
    // @ts-expect-error -- no such event
    void pool.on('workerStarted', () => {})
  },
}

test('answers are promises of what the function returns', () => {
  expectTypeOf<Submission<string>>().toExtend<Promise<string>>()
  expectTypeOf<Future<string>>().toExtend<Promise<string>>()
  expectTypeOf<Awaitable<string>>().toExtend<Promise<string>>()
  expectTypeOf<ReturnType<typeof pool.submit<[number], number>>>().toExtend<Promise<number>>()
  expectTypeOf<ReturnType<typeof pool.run<[number], Promise<bigint>>>>().toEqualTypeOf<Submission<bigint>>()
})
