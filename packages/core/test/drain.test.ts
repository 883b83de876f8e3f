import { describe, expect, test } from 'vitest'
import { programs } from './child.ts'

const run = programs()

/**
 * One program with what makes order delicate: microtask chains, ticks, done and pending futures, tasks of both forms,
 * timers, foreign promises. It prints its events, and then which drain was used.
 */
const program = (options = ''): string => `
  import { EventLoop, gather, sleep, taskGroup, waitFor } from '@loop/core'
  import { MemorySelector, VirtualClock } from '@loop/core/testing'
  const clock = new VirtualClock()
  const loop = new EventLoop({ clock, selector: new MemorySelector(clock), ${options} })
  const log = (...what) => console.log(...what)
  const hops = async (name, count) => {
    for (let hop = 0; hop < count; hop++) await null
    log(name)
  }
  const done = loop.createFuture()
  done.setResult(1)
  const pending = loop.createFuture()

  await loop.runUntilComplete(async () => {
    loop.callSoon(hops, 'nine hops', 9)
    loop.callSoon(() => {
      process.nextTick(() => {
        log('tick')
        Promise.resolve().then(() => log('microtask of the tick'))
      })
      log('handle')
    })
    loop.callSoon(log, 'next handle')
    await done
    log('done future')
    loop.createTask(async () => {
      for (let i = 0; i < 3; i++) { await sleep(0); await hops('async ' + i, 3) }
    })
    loop.createTask(function* () {
      for (let i = 0; i < 3; i++) { yield* sleep(0); log('generator ' + i) }
    })
    loop.createTask(async () => { await pending; await hops('after pending', 4); log('pending done') })
    pending.addDoneCallback(() => log('callback of pending'))
    loop.callLater(5, () => { pending.setResult(2); log('set') })
    loop.callLater(5, log, 'same deadline')
    log(await gather([async () => { await hops('gathered', 7); return 'a' }, sleep(6, 'b')]))
    await waitFor(sleep(100), 10).catch((error) => log(error.name))
    await taskGroup(async (group) => {
      group.createTask(async () => { await sleep(3).finally(() => hops('clean-up', 5)) })
      group.createTask(async () => { await sleep(1); group.cancel() })
    })
    log('end', loop.time())
  })
  loop.close()
  console.log(loop.statistics().turns)
  console.log(loop.statistics().drain)
`

/** What the program prints, the drain's name apart. */
async function traced(
  source: string,
  options = {},
): Promise<{ drain: string | undefined; trace: string[]; stderr: string }> {
  const { lines, stderr, code } = await run(source, options)
  expect(code, stderr).toBe(0)
  return { drain: lines.at(-1), trace: lines.slice(0, -1), stderr }
}

describe('the drains', () => {
  test('give the same order, in the same turns', async () => {
    const auto = await traced(program())
    const forced = await traced(program("drain: 'public'"))
    expect([auto.drain, forced.drain]).toEqual(['tick', 'public'])
    expect(auto.trace).toHaveLength(23)
    expect(forced.trace).toEqual(auto.trace)
  })

  test('and they do so while observers watch, and one turn at a time', async () => {
    const { trace } = await traced(program())
    for (const options of [
      'debug: true',
      "debug: true, drain: 'public'",
      'budgetMs: 0',
      "budgetMs: 0, drain: 'public'",
    ]) {
      expect((await traced(program(options))).trace, options).toEqual(trace)
    }
  })
})

test('the one difference: a nextTick that a microtask asks for may come after the next handle under the public drain', async () => {
  const source = (options: string): string => `
    import { EventLoop, sleep } from '@loop/core'
    const loop = new EventLoop(${options})
    await loop.runUntilComplete(async () => {
      loop.callSoon(() => queueMicrotask(() => process.nextTick(console.log, 'tick of a microtask')))
      loop.callSoon(console.log, 'next handle')
      await sleep(5)
    })
  `
  expect((await run(source(''))).lines).toEqual(['tick of a microtask', 'next handle'])
  expect((await run(source("{ drain: 'public' }"))).lines).toEqual(['next handle', 'tick of a microtask'])
})

describe('when the undocumented drain would warn, the public one is chosen and nothing is printed', () => {
  test.each([
    [{ flags: ['--pending-deprecation'] }],
    [{ flags: ['--throw-deprecation'] }],
    [{ flags: ['--pending-deprecation', '--throw-deprecation'] }],
    [{ env: { NODE_PENDING_DEPRECATION: '1' } }],
    [{ env: { NODE_OPTIONS: '--pending-deprecation' } }],
  ])('%j', async (options) => {
    const { drain, stderr, trace } = await traced(program(), options)
    expect([drain, stderr]).toEqual(['public', ''])
    expect(trace).toHaveLength(23)
  })

  test('process.throwDeprecation counts too', async () => {
    const { drain } = await traced(`process.throwDeprecation = true\n${program()}`)
    expect(drain).toBe('public')
  })
})

test('when the tick function does not drain, the public drain is chosen: the probe looks at what it does', async () => {
  const { drain, trace } = await traced(`process._tickCallback = () => {}\n${program()}`)
  expect([drain, trace.length]).toEqual(['public', 23])
})
