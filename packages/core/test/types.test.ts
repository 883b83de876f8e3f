import { test as nodeTest } from 'node:test'
import { expectTypeOf, test } from 'vitest'
import type { Awaitable, Coroutine, EventLoop, Future, Handle, Task, TimerHandle } from '../src/index.ts'
import type { SuiteTest } from '../src/testing/index.ts'
import { asCompleted, call, run, shield, sleep, taskGroup, timeout, wait, waitFor } from '../src/index.ts'

/* Only types are looked at: the functions are never called. */
const never = (_body: () => unknown): void => {}
declare const loop: EventLoop

test('results carry their types', () => {
  never(async () => {
    expectTypeOf(sleep(1)).toEqualTypeOf<Awaitable<undefined>>()
    expectTypeOf(await sleep(1, 'value')).toEqualTypeOf<string>()
    expectTypeOf(waitFor(async () => 5, 10)).toEqualTypeOf<Awaitable<number>>()
    expectTypeOf(shield(Promise.resolve('x'))).toEqualTypeOf<Future<string>>()
    expectTypeOf(await timeout(5, async () => true)).toEqualTypeOf<boolean>()
    expectTypeOf(await taskGroup(async (group) => group.createTask(async () => 5).getName())).toEqualTypeOf<string>()
    expectTypeOf(await run(async () => [1])).toEqualTypeOf<number[]>()
  })
})

test('so do tasks and futures, of both forms', () => {
  never(() => {
    expectTypeOf(loop.createTask(async () => 5)).toEqualTypeOf<Task<number>>()
    expectTypeOf(
      loop.createTask(function* (): Coroutine<string> {
        return yield* sleep(1, 'x')
      }),
    ).toEqualTypeOf<Task<string>>()
    expectTypeOf(loop.createFuture<Date>().result()).toEqualTypeOf<Date>()
    expectTypeOf(loop.wrap((signal) => Promise.resolve(signal.aborted))).toEqualTypeOf<Future<boolean>>()
    expectTypeOf(loop.runInExecutor(null, (a: number, b: string) => a + b.length, 1, 'x')).toEqualTypeOf<
      Future<number>
    >()
  })
})

test('wait takes futures and tasks of different results, and gives them back as what they are', () => {
  never(async () => {
    const [number, text] = [loop.createTask(async () => 5), loop.createTask(async () => 'x')]
    const { done, pending } = await wait([number, text])
    expectTypeOf(done).toEqualTypeOf<Set<Task<number> | Task<string>>>()
    expectTypeOf(pending).toEqualTypeOf<Set<Task<number> | Task<string>>>()
    expectTypeOf((await wait([loop.createFuture<Date>()])).done).toEqualTypeOf<Set<Future<Date>>>()
  })
})

test('asCompleted takes items of different results and forms', () => {
  never(async () => {
    for (const next of asCompleted([async () => 5, loop.createTask(async () => 'x')])) {
      expectTypeOf(await next).toEqualTypeOf<number | string>()
    }
    for await (const result of asCompleted([5, 6].map((n) => async () => n)))
      expectTypeOf(result).toEqualTypeOf<number>()
  })
})

test('call gives what a body of either form gives', () => {
  never(function* (): Coroutine<void> {
    expectTypeOf(yield* call(async (n: number) => n, 5)).toEqualTypeOf<number>()
    expectTypeOf(yield* call((text: string) => sleep(1, text), 'x')).toEqualTypeOf<string>()
    expectTypeOf(
      yield* call(function* (): Coroutine<Date> {
        return yield* sleep(1, new Date())
      }),
    ).toEqualTypeOf<Date>()
    expectTypeOf(yield* call(() => true)).toEqualTypeOf<boolean>()
  })
})

test('arguments are checked against the callback', () => {
  never(() => {
    const callback = (name: string, count: number): void => {
      void [name, count]
    }
    expectTypeOf(loop.callSoon(callback, 'x', 1)).toEqualTypeOf<Handle>()
    expectTypeOf(loop.callLater(5, callback, 'x', 1)).toEqualTypeOf<TimerHandle>()
    // @ts-expect-error an argument is missing
    loop.callSoon(callback, 'x')
    // @ts-expect-error an argument has another type
    loop.callLater(5, callback, 'x', 'y')
    // @ts-expect-error a promise already runs
    loop.createTask(Promise.resolve(5))
  })
})

test('the contract suites take the test function of vitest and of node:test', () => {
  expectTypeOf(test).toExtend<SuiteTest>()
  expectTypeOf(nodeTest).toExtend<SuiteTest>()
})
