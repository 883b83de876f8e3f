import { CancelledError, sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import { JobBusyError, SchedulerClosedError, UnknownJobError } from '../src/index.ts'
import { clockText, eventLog, inVirtualTime, schedulerIn } from './support.ts'

test('cancel removes a job and cancels its run, which sees its signal', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    scheduler.recurring(
      'job',
      async ({ signal }) => {
        signal.addEventListener('abort', () => push('aborted'))
        push('began')
        try {
          await sleep(5000)
        } catch (error) {
          push(error instanceof CancelledError ? 'cancelled' : 'failed')
          await sleep(100)
          push('cleaned up')
          throw error
        }
      },
      { every: 1000 },
    )
    await sleep(1500)
    expect(scheduler.cancel('job')).toBe(true)
    expect(scheduler.cancel('job')).toBe(false)
    expect(scheduler.status()).toEqual([])
    await sleep(5000)
    expect(events).toEqual(['began', 'aborted', 'cancelled', 'cleaned up'])
  }))

test('a name is free again after cancel, even while the old run cleans up', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    scheduler.recurring('job', () => sleep(5000), { every: 1000 })
    await sleep(1500)
    scheduler.cancel('job')
    scheduler.recurring('job', () => push('new'), { every: 1000 })
    await sleep(2500)
    expect(events).toEqual(['new', 'new'])
    expect(scheduler.status('job')).toMatchObject({ runs: 2, failures: 0, missed: 0 })
  }))

test('pause keeps a job from running and leaves out what comes meanwhile; resume goes on in step', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'missed')
    scheduler.recurring('tick', (run) => push(`tick ${clockText(run.scheduledFor)}`), { every: 1000 })
    scheduler.once('late', (run) => push(`late ${run.missedCount}`), { delay: 2000 })
    await sleep(1500)
    scheduler.pause('tick')
    scheduler.pause('late')
    expect(scheduler.status('tick')).toMatchObject({ state: 'paused', nextRun: null, nextRunAt: null })
    await sleep(3000)
    scheduler.resume('tick')
    scheduler.resume('late')
    await sleep(1000)
    expect(events).toEqual(['tick 00:00:01', 'late 0', 'tick 00:00:05'])
    expect(log).toEqual(['missed name=tick count=3 first=00:00:02 last=00:00:04 action=skipped'])
    expect(scheduler.status('tick').missed).toBe(3)
  }))

test('runNow runs beside the plan and gives how it ended', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    scheduler.recurring(
      'job',
      async ({ scheduledFor }) => {
        await sleep(100)
        return clockText(scheduledFor)
      },
      { every: 1000 },
    )
    await sleep(300)
    const running = scheduler.runNow('job')
    await expect(scheduler.runNow('job')).rejects.toThrow(JobBusyError)
    expect(await running).toMatchObject({ outcome: 'success', result: '00:00:00.300', duration: 100 })
    await sleep(1000)
    expect(scheduler.status('job')).toMatchObject({ runs: 2, lastResult: '00:00:01' })
    expect(() => scheduler.runNow('other')).toThrow(UnknownJobError)
  }))

test('runNow: a failure is an outcome', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    scheduler.on('failure', () => {})
    scheduler.recurring(
      'bad',
      () => {
        throw new RangeError('no')
      },
      { every: 1000 },
    )
    expect(await scheduler.runNow('bad')).toMatchObject({ outcome: 'failure', error: 'RangeError: no' })
  }))

test('status says what is planned, on both clocks, and what was', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    scheduler.recurring('night', () => 42, { cron: '0 2 * * *', timeZone: 'Europe/London' })
    scheduler.recurring('tick', () => 'done', { every: 1000 })
    await sleep(1500)
    expect(scheduler.status()).toEqual([
      {
        name: 'night',
        schedule: '0 2 * * * Europe/London',
        state: 'scheduled',
        nextRun: new Date('2026-01-01T02:00:00Z'),
        nextRunAt: 7_200_000,
        lastRun: null,
        lastOutcome: null,
        lastDuration: null,
        lastResult: null,
        lastError: null,
        active: 0,
        unstored: 0,
        storeTrouble: null,
        runs: 0,
        failures: 0,
        missed: 0,
      },
      {
        name: 'tick',
        schedule: 'every 1000 ms',
        state: 'scheduled',
        nextRun: new Date('2026-01-01T00:00:02Z'),
        nextRunAt: 2000,
        lastRun: new Date('2026-01-01T00:00:01Z'),
        lastOutcome: 'success',
        lastDuration: 0,
        lastResult: 'done',
        lastError: null,
        active: 0,
        unstored: 0,
        storeTrouble: null,
        runs: 1,
        failures: 0,
        missed: 0,
      },
    ])
  }))

test('at the end of the scope running jobs finish and no new ones begin', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    {
      await using scheduler = schedulerIn(world)
      scheduler.recurring(
        'job',
        async () => {
          push('began')
          await sleep(1500)
          push('finished')
        },
        { every: 1000, overlap: 'queue' },
      )
      await sleep(1200)
    }
    push('closed')
    await sleep(5000)
    expect(events).toEqual(['began', 'finished', 'closed'])
  }))

test('close cancels at the deadline what still runs, and waits for its clean-up', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    const scheduler = schedulerIn(world)
    scheduler.recurring(
      'job',
      async () => {
        try {
          await sleep(60_000)
        } finally {
          await sleep(100)
          push(`cleaned up ${world.loop.time()}`)
        }
      },
      { every: 1000 },
    )
    await sleep(1200)
    await scheduler.close({ timeout: 500 })
    push(`closed ${world.loop.time()}`)
    expect(events).toEqual(['cleaned up 1800', 'closed 1800'])
    expect(() => scheduler.recurring('more', () => {}, { every: 1 })).toThrow(SchedulerClosedError)
    expect(() => scheduler.runNow('job')).toThrow(SchedulerClosedError)
    await scheduler.close()
  }))
