import { expect, test } from 'vitest'
import type { LoopOptions } from '../src/index.ts'
import { EventLoop } from '../src/index.ts'
import { virtualLoop } from './support.ts'

test.each<[LoopOptions, RegExp]>([
  [{ budgetMs: NaN }, /budgetMs must be a number of milliseconds, not NaN/],
  [{ budgetMs: -1 }, /budgetMs must not be negative: -1/],
  [{ slowCallbackMs: 'slow' as never }, /slowCallbackMs must be a number of milliseconds, not string/],
  [{ drain: 'fast' as never }, /drain must be one of 'auto', 'public', not fast/],
  [{ selector: null as never }, /selector must be an object with the methods wait, .*; it has no wait, wake/],
  [{ selector: { wait() {}, wake() {}, register() {}, modify() {}, unregister() {} } as never }, /it has no close$/],
  [{ clock: (() => 0) as never }, /^clock must be an object with the methods now; it has no now$/],
  [{ attribution: 'guess' as never }, /attribution must be one of 'handle', 'async-context', not guess/],
])('a loop with %o is refused', (options, why) => {
  expect(() => new EventLoop(options)).toThrow(why)
})

test('what is no executor is refused where it is passed', () => {
  using loop = virtualLoop()
  expect(() => {
    loop.setDefaultExecutor(5 as never)
  }).toThrow(/an executor has the methods submit and shutdown/)
  expect(() => loop.runInExecutor({} as never, () => 1)).toThrow(TypeError)
})

test('what is no promise cannot be wrapped', () => {
  using loop = virtualLoop()
  expect(() => loop.wrap(5 as never)).toThrow(/wrap takes a promise, or a function that returns one, not number/)
  expect(() => loop.wrap((() => 5) as never)).toThrow(/not a function that returns number/)
})

test('a task has a text as name, and an observer is an object', () => {
  using loop = virtualLoop()
  expect(() => loop.createTask(async () => {}, { name: 5 as never })).toThrow(
    /the name of a task is a string, not number/,
  )
  expect(() => loop.addObserver(null as never)).toThrow(/an observer is an object .*, not null/)
  expect(() => loop.addObserver((() => {}) as never)).toThrow(/not function/)
})
