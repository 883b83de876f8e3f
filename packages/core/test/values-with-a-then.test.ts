import { describe, expect, test } from 'vitest'
import type { Awaitable, Coroutine } from '../src/index.ts'
import { coroutine, getRunningLoop, sleep, waitFor } from '../src/index.ts'
import { resolveAsIs } from '../src/lowlevel.ts'
import { virtualLoop } from './support.ts'

/** What `await` gives of a promise that was resolved with `value` as it is. */
async function through<T>(value: T): Promise<{ same: boolean }> {
  const got: unknown = await new Promise<T>((resolve) => {
    resolveAsIs(resolve, value)
  }).then((given) => [given === value])
  return { same: (got as [boolean])[0] }
}

const called: string[] = []
const inherits = Object.create({ then: () => called.push('inherited') }) as object
const own = { then: () => called.push('own') }
const getter = {
  get then(): never {
    throw new Error('looked at')
  },
}
const fixed = Object.defineProperty({}, 'then', { value: () => called.push('fixed'), writable: true })

test.each([
  ['a number', 7],
  ['undefined', undefined],
  ['null', null],
  ['an object without then', {}],
  ['a function with then', Object.assign(() => {}, { then: () => called.push('function') })],
  ['a promise', Promise.resolve(1)],
  ['a thenable', own],
  ['a thenable by inheritance', inherits],
  ['a getter that throws', getter],
  ['a then that cannot be deleted', fixed],
])('%s resolves a promise as it is', async (_name, value) => {
  const before = typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptors(value) : null
  expect(await through(value)).toEqual({ same: true })
  expect(called).toEqual([])
  if (before !== null) expect(Object.getOwnPropertyDescriptors(value as object)).toEqual(before)
})

test('what cannot be changed is what it becomes', async () => {
  const frozen = Object.freeze({
    then: (resolve: (value: string) => void) => {
      resolve('became')
    },
  })
  expect(
    await new Promise((resolve) => {
      resolveAsIs(resolve, frozen)
    }),
  ).toBe('became')
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  await expect(
    new Promise((resolve) => {
      resolveAsIs(resolve, proxy)
    }),
  ).rejects.toThrow(TypeError)
})

describe('results with a then pass through helpers of the loop untouched', () => {
  const lazy = () => ({
    sent: 0,
    then(resolve: (rows: string) => void) {
      this.sent++
      resolve('rows')
    },
  })

  test.each<[string, (value: object) => Awaitable<unknown>]>([
    [
      'a generator helper',
      (value) =>
        coroutine(
          (function* () {
            yield* sleep(1)
            return value
          })(),
        ),
    ],
    [
      'one that waits for a future of it',
      (value) =>
        coroutine(
          (function* (): Coroutine<unknown> {
            const future = getRunningLoop().createFuture<object>()
            getRunningLoop().callLater(1, () => {
              future.setResult(value)
            })
            return yield* future
          })(),
        ),
    ],
    [
      'waitFor',
      (value) =>
        waitFor(
          new Promise((resolve) => {
            resolveAsIs(resolve, value)
          }),
          100,
        ),
    ],
    ['sleep(0)', (value) => sleep(0, value)],
  ])('%s', async (_name, helper) => {
    const value = lazy()
    const same = await virtualLoop().runUntilComplete(async () => [(await helper(value)) === value])
    expect([same, value.sent]).toEqual([[true], 0])
  })
})
