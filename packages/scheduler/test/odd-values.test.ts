import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import { eventLog, inVirtualTime, schedulerIn } from './support.ts'

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const unreadable = (): Error =>
  Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('no')
    },
  })

const oddities: [string, () => unknown][] = [
  ['a list of objects without prototypes', () => [Object.create(null)]],
  ['an error whose message cannot be read', unreadable],
  ['a revoked proxy', revoked],
  ['a symbol', () => Symbol('odd')],
  ['undefined', () => undefined],
  ['a function', () => () => {}],
  [
    'an object whose text throws',
    () => ({
      toString() {
        throw new Error('no')
      },
      [Symbol.toPrimitive]() {
        throw new Error('no')
      },
    }),
  ],
]

test.each(oddities)('a handler that throws %s, in any form, fails alone', (_, odd) =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'overlap')
    scheduler.on('failure', ({ name }) => push(name))
    scheduler.recurring('before', () => push('before'), { every: 100 })
    scheduler.recurring(
      'plain',
      () => {
        throw odd() as Error
      },
      { every: 100 },
    )
    scheduler.recurring(
      'async',
      async () => {
        await sleep(1)
        throw odd() as Error
      },
      { every: 100 },
    )
    scheduler.recurring(
      'retried',
      () => {
        throw odd() as Error
      },
      { every: 100, retry: { attempts: 2, delay: 10 } },
    )
    scheduler.recurring(
      'timed',
      () => {
        throw odd() as Error
      },
      { every: 100, timeout: 50 },
    )
    scheduler.recurring('after', () => push('after'), { every: 100 })
    await sleep(250)
    expect([...events].sort()).toEqual([
      'after',
      'after',
      'async',
      'async',
      'before',
      'before',
      'plain',
      'plain',
      'retried',
      'retried',
      'retried',
      'retried',
      'timed',
      'timed',
    ])
    expect(scheduler.status().map(({ name, runs, failures }) => `${name} ${runs} ${failures}`)).toEqual([
      'before 2 0',
      'plain 2 2',
      'async 2 2',
      'retried 2 2',
      'timed 2 2',
      'after 2 0',
    ])
    for (const { lastError } of scheduler.status()) expect(typeof (lastError ?? '')).toBe('string')
    expect(log).toEqual([])
    await scheduler.close()
  }),
)

test('a result that throws when it is looked at fails its run alone', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    scheduler.on('failure', () => {})
    scheduler.recurring('revoked', revoked, { every: 100 })
    scheduler.recurring(
      'then',
      () => ({
        get then() {
          throw new Error('no')
        },
      }),
      { every: 100 },
    )
    scheduler.recurring('good', () => 'good', { every: 100 })
    await sleep(250)
    expect(scheduler.status().map(({ name, runs, failures }) => `${name} ${runs} ${failures}`)).toEqual([
      'revoked 2 2',
      'then 2 2',
      'good 2 0',
    ])
  }))

test('a schedule whose own function throws is asked again later, and harms no other job', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const scheduler = schedulerIn(world)
    let away = false
    const exclude = (): boolean => {
      if (away) throw new Error('the calendar is away')
      return false
    }
    scheduler.recurring('before', () => push('before'), { every: 1000 })
    scheduler.recurring('odd', () => push('odd'), { every: 1000, exclude })
    scheduler.recurring('after', () => push('after'), { every: 1000 })
    await sleep(1500)
    away = true
    await sleep(2000)
    expect(events.splice(0)).toEqual(['before', 'odd', 'after', 'before', 'after', 'before', 'after'])
    expect(() => scheduler.preview('odd', 3)).toThrow('the calendar is away')
    away = false
    await sleep(3000)
    expect(events).toContain('odd')
    const report = 'it could not be computed when job "odd" runs; it is tried again: Error: the calendar is away'
    expect(world.reported.splice(0)).toEqual([report, report])
    await scheduler.close()
  }))

test('listeners and handlers of reports that throw harm nothing', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const scheduler = schedulerIn(world)
    world.loop.setExceptionHandler(() => {
      throw revoked() as Error
    })
    for (const event of ['run', 'success', 'failure'] as const)
      scheduler.on(event, () => {
        throw unreadable()
      })
    scheduler.recurring(
      'bad',
      () => {
        throw revoked() as Error
      },
      { every: 100 },
    )
    scheduler.recurring('good', () => push('good'), { every: 100 })
    await sleep(250)
    expect(events).toEqual(['good', 'good'])
    await scheduler.close()
    world.loop.setExceptionHandler(() => {})
  }))

test('an async listener that fails is reported, and ends neither the process nor other listeners', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    scheduler.on('success', async () => {
      await sleep(10)
      throw new Error('mail server down')
    })
    scheduler.on('success', ({ name }) => push(name))
    scheduler.once('job', () => {}, { delay: 100 })
    await sleep(200)
    expect(events).toEqual(['job'])
    expect(world.reported.splice(0)).toEqual(['a listener of "success" threw: Error: mail server down'])
  }))

test('an exclude function that is async is refused: its promise would exclude everything', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    const exclude = (async () => false) as unknown as (occurrence: Date) => boolean
    expect(() => {
      scheduler.recurring('job', () => {}, { every: 100, exclude })
    }).toThrow('job "job": exclude gave something to wait for; it has to return true or false')
    expect(scheduler.status()).toEqual([])
  }))
