import { afterEach, expect, test, vi } from 'vitest'
import { EventLoop } from '../src/index.ts'

afterEach(() => {
  vi.useRealTimers()
})

test("a loop's wall clock is the system's", () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
  using loop = new EventLoop()
  expect(loop.wallClock.now()).toBe(1_000_000)
  vi.setSystemTime(2_000_000)
  expect(loop.wallClock.now()).toBe(2_000_000)
})
