import type { Coroutine, EventLoop, Executor } from '@loop/core'
import { currentTask, sleep, TimeoutError } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import type { JobRun } from '../src/index.ts'
import { clockText, eventLog, inVirtualTime, schedulerIn } from './support.ts'

test('an interval runs at each whole multiple, a delay once, a date once', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    scheduler.recurring('tick', (run) => push(`tick ${clockText(run.scheduledFor)}`), { every: 1000 })
    scheduler.once('soon', (run) => push(`soon ${clockText(run.scheduledFor)}`), { delay: 1500 })
    scheduler.once('dated', (run) => push(`dated ${clockText(run.scheduledFor)}`), {
      at: new Date('2026-01-01T00:00:02.500Z'),
    })
    await sleep(3500)
    expect(events).toEqual([
      'tick 00:00:01',
      'soon 00:00:01.500',
      'tick 00:00:02',
      'dated 00:00:02.500',
      'tick 00:00:03',
    ])
  }))

test('plain, async and generator functions run in a task of their own, with everything they are told', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<unknown>()
    await using scheduler = schedulerIn(world)
    scheduler.once(
      'plain',
      (run) => push([run.name, run.key, clockText(run.startedAt), run.attempt, run.missedCount]),
      { delay: 10 },
    )
    scheduler.once(
      'async',
      async ({ name, loop }) => {
        await sleep(5)
        push([name, loop === world.loop, currentTask()?.getName()])
      },
      { delay: 20 },
    )
    scheduler.once(
      'generator',
      function* ({ name, signal }): Coroutine<string> {
        yield* sleep(5)
        push([name, signal.aborted])
        return 'returned'
      },
      { delay: 30 },
    )
    await sleep(100)
    expect(events).toEqual([
      ['plain', 'plain@1767225600010', '00:00:00.010', 1, 0],
      ['async', true, 'async'],
      ['generator', false],
    ])
    expect(scheduler.status('generator')).toMatchObject({
      state: 'finished',
      lastResult: 'returned',
      lastDuration: 5,
      runs: 1,
    })
  }))

test('a failing job is reported and runs again; the others never notice', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    scheduler.recurring(
      'bad',
      () => {
        throw new Error('no luck')
      },
      { every: 1000 },
    )
    scheduler.recurring('good', () => push('good'), { every: 1000 })
    await sleep(2500)
    expect(events).toEqual(['good', 'good'])
    expect(scheduler.status('bad')).toMatchObject({
      runs: 2,
      failures: 2,
      lastOutcome: 'failure',
      lastError: 'Error: no luck',
    })
    expect(world.reported.splice(0)).toEqual(['job "bad" failed: Error: no luck', 'job "bad" failed: Error: no luck'])
  }))

test('retries wait longer each time, up to the limit, and count as one run', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'run', 'failure', 'success')
    const flaky = ({ attempt }: { attempt: number }): string => {
      if (attempt < 4) throw new Error(`try ${attempt}`)
      return 'at last'
    }
    scheduler.once('flaky', flaky, { delay: 1000, retry: { attempts: 4, delay: 100, factor: 3, maxDelay: 500 } })
    await sleep(5000)
    const key = 'key=flaky@1767225601000 scheduledFor=00:00:01'
    expect(log).toEqual([
      `run name=flaky ${key} startedAt=00:00:01 attempt=1`,
      `failure name=flaky ${key} attempt=1 error=try 1 retryIn=100`,
      `run name=flaky ${key} startedAt=00:00:01.100 attempt=2`,
      `failure name=flaky ${key} attempt=2 error=try 2 retryIn=300`,
      `run name=flaky ${key} startedAt=00:00:01.400 attempt=3`,
      `failure name=flaky ${key} attempt=3 error=try 3 retryIn=500`,
      `run name=flaky ${key} startedAt=00:00:01.900 attempt=4`,
      `success name=flaky ${key} duration=900 result=at last`,
    ])
    expect(scheduler.status('flaky')).toMatchObject({ runs: 1, failures: 0, lastDuration: 900 })
  }))

test('a timeout cancels the try, aborts its signal, and the next try has a fresh one', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<unknown>()
    await using scheduler = schedulerIn(world)
    scheduler.on('failure', ({ error, retryIn }) => push(error instanceof TimeoutError, retryIn))
    scheduler.once(
      'slow',
      async ({ attempt, signal }) => {
        signal.addEventListener('abort', () => push(`aborted ${attempt}`))
        push(`began ${attempt} ${signal.aborted}`)
        if (attempt === 1) await sleep(10_000)
      },
      { delay: 0, timeout: 200, retry: { attempts: 2, delay: 50 } },
    )
    await sleep(1000)
    expect(events).toEqual(['began 1 false', 'aborted 1', true, 50, 'began 2 false'])
    expect(scheduler.status('slow')).toMatchObject({ lastOutcome: 'success' })
  }))

test('start, end, limit and exclude bound a job', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const at = (time: string): Date => new Date(`2026-01-01T${time}Z`)
    const note = (run: { name: string; scheduledFor: Date }): void => push(`${run.name} ${clockText(run.scheduledFor)}`)
    scheduler.recurring('bounded', note, { every: 1000, start: at('00:00:01.250'), end: at('00:00:03.250') })
    scheduler.recurring('twice', note, { every: 700, limit: 2 })
    scheduler.recurring('not', note, {
      cron: '* * * * * *',
      timeZone: 'UTC',
      exclude: [at('00:00:01'), at('00:00:02')],
      end: at('00:00:04'),
    })
    scheduler.recurring('even', note, { cron: '* * * * * *', exclude: (date) => date.getSeconds() % 2 === 1, limit: 1 })
    scheduler.recurring('dates', note, { dates: [at('00:00:05'), at('00:00:00.100'), at('00:00:05')] })
    scheduler.recurring('gapped', note, { every: 1000, start: at('00:00:06'), exclude: [at('00:00:07')], limit: 2 })
    await sleep(10_000)
    expect(events).toEqual([
      'dates 00:00:00.100',
      'twice 00:00:00.700',
      'bounded 00:00:01.250',
      'twice 00:00:01.400',
      'even 00:00:02',
      'bounded 00:00:02.250',
      'not 00:00:03',
      'dates 00:00:05',
      'gapped 00:00:06',
      'gapped 00:00:08',
    ])
    expect(scheduler.status().map(({ name, state }) => `${name} ${state}`)).toEqual([
      'bounded finished',
      'twice finished',
      'not finished',
      'even finished',
      'dates finished',
      'gapped finished',
    ])
  }))

test('whole days are excluded on the calendar of the time zone', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    const options = { cron: '0 20 * * *', timeZone: 'America/New_York', exclude: ['2026-01-02', '2026-01-03'] }
    scheduler.recurring('evening', () => {}, options)
    // 20:00 in New York is 01:00 UTC of the next day.
    expect(scheduler.preview('evening', 3).map(clockText)).toEqual(['01:00:00', '1.01:00:00', '4.01:00:00'])
  }))

test('jitter delays a start by less than its bound, the same for every instance, and moves no occurrence', async () => {
  const starts = async (): Promise<string[]> => {
    const { events, push } = recorder<string>()
    await inVirtualTime(async (world) => {
      await using scheduler = schedulerIn(world)
      const note = (run: JobRun): void => push(`${clockText(run.scheduledFor)} at ${clockText(run.startedAt)}`)
      scheduler.recurring('spread', note, { cron: '* * * * *', jitter: 10_000 })
      await sleep(4.5 * 60_000)
    })
    return events
  }
  const first = await starts()
  expect(first).toEqual([
    '00:01:00 at 00:01:05.181',
    '00:02:00 at 00:02:03.095',
    '00:03:00 at 00:03:07.642',
    '00:04:00 at 00:04:05.639',
  ])
  expect(await starts()).toEqual(first)
})

test('delays of years: what is due does not shift, and waits longer than a host timer can', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const note = ({ name }: { name: string }): void => push(`${name} ${new Date(world.wall.now()).toISOString()}`)
    scheduler.once('weeks', note, { delay: 30 * 86_400_000 })
    scheduler.once('years', note, { delay: 3 * 365.25 * 86_400_000 })
    scheduler.once('dated', note, { at: new Date('2029-03-01T12:00:00.001Z') })
    await sleep(31 * 86_400_000)
    // The years between are left out: the next look at the clocks comes a millisecond before each is due.
    world.clock.moveTo(3 * 365.25 * 86_400_000 - 1)
    await sleep(2)
    world.clock.advance(Date.UTC(2029, 2, 1, 12) - world.wall.now())
    await sleep(2)
    expect(events).toEqual([
      'weeks 2026-01-31T00:00:00.000Z',
      'years 2028-12-31T18:00:00.000Z',
      'dated 2029-03-01T12:00:00.001Z',
    ])
  }))

test('executor: the handler is shipped with its run as data, and the result comes back', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<unknown>()
    const inline: Executor = {
      submit: (fn, args) => {
        push(structuredClone(args))
        return Promise.resolve(fn(...args) as unknown)
      },
      shutdown: () => Promise.resolve(),
    }
    await using scheduler = schedulerIn(world)
    scheduler.once('shipped', ({ name }) => `${name} elsewhere`, { delay: 10, executor: inline })
    await sleep(50)
    const at = new Date('2026-01-01T00:00:00.010Z')
    expect(events).toEqual([
      [
        {
          name: 'shipped',
          key: `shipped@${at.getTime()}`,
          scheduledFor: at,
          startedAt: at,
          attempt: 1,
          missedCount: 0,
        },
      ],
    ])
    expect(scheduler.status('shipped').lastResult).toBe('shipped elsewhere')
  }))

test('a listener that throws is reported, and hinders nothing', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    scheduler.on('success', () => {
      throw new Error('deaf')
    })
    const listening = scheduler.on('success', ({ name }) => push(name))
    scheduler.recurring('job', () => {}, { every: 100 })
    await sleep(250)
    listening[Symbol.dispose]()
    await sleep(100)
    expect(events).toEqual(['job', 'job'])
    expect(world.reported.splice(0)).toHaveLength(3)
  }))

test('a generator main can use it too', () =>
  inVirtualTime(function* (world): Coroutine<void> {
    const { events, push } = recorder<string>()
    const scheduler = schedulerIn(world, { loop: world.loop as EventLoop })
    scheduler.recurring(
      'tick',
      function* (): Coroutine<void> {
        yield* sleep(10)
        push('tick')
      },
      { every: 100 },
    )
    yield* sleep(205)
    yield* scheduler.close()
    expect(events).toEqual(['tick', 'tick'])
  }))
