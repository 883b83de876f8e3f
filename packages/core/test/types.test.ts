import { test as nodeTest } from 'node:test'
import { expectTypeOf, test } from 'vitest'
import type { Awaitable, Coroutine, EventLoop, Future, Handle, Task, TimerHandle } from '../src/index.ts'
import type { SuiteTest } from '../src/testing/index.ts'
import { run, shield, sleep, taskGroup, timeout, waitFor } from '../src/index.ts'

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
    expectTypeOf(loop.runInExecutor(null, (a: number, b: string) => a + b.length, 1, 'x')).toEqualTypeOf<Future<number>>()
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
