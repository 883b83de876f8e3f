import { EventLoop, getRunningLoop, run } from '@loop/core'
import { HostSelector } from '@loop/core/lowlevel'
import { afterEach, expect, test } from 'vitest'
import {
  debugLoop,
  defaultLoop,
  getLoopPolicy,
  LoopPolicy,
  newLoop,
  setLoopPolicy,
  useLoopPolicy,
} from '../src/index.ts'

afterEach(() => {
  setLoopPolicy(null)
})

/** A policy whose loops can be told from others. */
function markedPolicy(): { policy: LoopPolicy; made: EventLoop[] } {
  const made: EventLoop[] = []
  const policy = new LoopPolicy(() => {
    const loop = new EventLoop()
    made.push(loop)
    return loop
  })
  return { policy, made }
}

test('a policy decides which loop a program gets; null sets it back', async () => {
  const { policy, made } = markedPolicy()
  const program = () => run(async () => made.includes(getRunningLoop()), { loopFactory: newLoop })
  setLoopPolicy(policy)
  expect(getLoopPolicy()).toBe(policy)
  expect(await program()).toBe(true)
  setLoopPolicy(null)
  expect(getLoopPolicy()).not.toBe(policy)
  expect(await program()).toBe(false)
})

test('a policy in force for a scope', () => {
  const [outer, inner] = [markedPolicy().policy, markedPolicy().policy]
  setLoopPolicy(outer)
  {
    using _scope = useLoopPolicy(inner)
    expect(getLoopPolicy()).toBe(inner)
  }
  expect(getLoopPolicy()).toBe(outer)
})

test('getLoop makes the current loop once, and gives the running one while there is one', async () => {
  const { policy } = markedPolicy()
  const current = policy.getLoop()
  expect(policy.getLoop()).toBe(current)
  const running = new EventLoop()
  expect(await running.runUntilComplete(async () => policy.getLoop() === running)).toBe(true)
  expect(policy.getLoop()).toBe(current)
  policy.setLoop(running)
  expect(policy.getLoop()).toBe(running)
  policy.setLoop(null)
  expect(() => policy.getLoop()).toThrow('set to null')
  current.close()
  running.close()
})

test('the default loop takes the first selector that works here', () => {
  const asked: string[] = []
  const candidate = (name: string, supported: boolean) => ({
    isSupported: () => {
      asked.push(name)
      return supported
    },
    create: () => new HostSelector(),
  })
  const loops = defaultLoop({
    selectors: [candidate('native', false), candidate('poll', true), candidate('never', true)],
  })
  loops().close()
  expect(asked).toEqual(['native', 'poll'])
  const plain = defaultLoop({ selectors: [candidate('native', false)] })()
  expect(plain.selector.name).toBe('host')
  plain.close()
})

test.each<[string, unknown]>([
  ['an object', {}],
  ['a name', 'loop'],
  ['a number', 5],
  ['a function', () => new EventLoop()],
  ['undefined', undefined],
  ['a promise', Promise.resolve()],
  ['a loop without a prototype', Object.create(null)],
  ['a symbol', Symbol('loop')],
])('%s is no loop: neither set, nor made by a factory', (_name, wrong) => {
  const policy = new LoopPolicy(() => wrong as EventLoop)
  expect(() => {
    policy.setLoop(wrong as EventLoop)
  }).toThrow(/^the loop of setLoop must be an EventLoop, not /)
  for (const use of [
    () => policy.newLoop(),
    () => policy.getLoop(),
    debugLoop({ loopFactory: () => wrong as EventLoop }),
  ]) {
    expect(use).toThrow(TypeError)
    expect(use).toThrow(/makes must be an EventLoop, not /)
  }
})

test.each([
  [
    'setLoopPolicy takes policies',
    () => {
      setLoopPolicy((() => new EventLoop()) as never)
    },
    'takes a LoopPolicy',
  ],
  ['a policy takes a factory', () => new LoopPolicy(new EventLoop() as never), 'takes a loop factory'],
])('%s', (_name, use, message) => {
  expect(use).toThrow(message)
})
