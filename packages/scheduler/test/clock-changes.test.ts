import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { expect, test } from 'vitest'
import type { MissedPolicy } from '../src/index.ts'
import { clockText, eventLog, inVirtualTime, schedulerIn } from './support.ts'

const HOUR = 3_600_000

/** Sleeps for three hours from 00:30 on, with an hourly and a quarter-hourly cron job and an hourly interval. */
async function threeHoursAsleep(missed: MissedPolicy): Promise<{ events: string[]; log: string[] }> {
  const { events, push } = recorder<string>()
  let log: string[] = []
  await inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    log = eventLog(scheduler, 'clockJump', 'missed')
    const note = (run: { name: string; scheduledFor: Date; missedCount: number }): void =>
      push(`${clockText(world.wall.now())} ${run.name} for ${clockText(run.scheduledFor)} missed ${run.missedCount}`)
    scheduler.recurring('hourly', note, { cron: '0 * * * *', missed, timeZone: 'UTC' })
    scheduler.recurring('interval', note, { every: HOUR })
    await sleep(HOUR / 2 + 10_000)
    world.wall.sleep(3 * HOUR)
    await sleep(HOUR)
  })
  return { events, log }
}

test('a sleep of three hours, policy once: one run for all that was missed, as soon as it is noticed', async () => {
  const { events, log } = await threeHoursAsleep('once')
  expect(events).toEqual([
    // Noticed at the next look at the clocks, every 30 s at the latest.
    '03:30:30 hourly for 03:00:00 missed 2',
    // At one wake-up, the monotonic clock's entries come before the wall clock's.
    '04:00:00 interval for 04:00:00 missed 0',
    '04:00:00 hourly for 04:00:00 missed 0',
  ])
  expect(log).toEqual([
    'clockJump kind=suspend by=10800000 at=03:30:30',
    'missed name=hourly count=2 first=01:00:00 last=03:00:00 action=merged',
  ])
})

test('a sleep of three hours, policy skip: nothing runs late', async () => {
  const { events, log } = await threeHoursAsleep('skip')
  expect(events).toEqual(['04:00:00 interval for 04:00:00 missed 0', '04:00:00 hourly for 04:00:00 missed 0'])
  expect(log[1]).toBe('missed name=hourly count=3 first=01:00:00 last=03:00:00 action=skipped')
})

test('a sleep of three hours, policy all: each is caught up, oldest first', async () => {
  const { events, log } = await threeHoursAsleep('all')
  expect(events.slice(0, 3)).toEqual([
    '03:30:30 hourly for 01:00:00 missed 0',
    '03:30:30 hourly for 02:00:00 missed 0',
    '03:30:30 hourly for 03:00:00 missed 0',
  ])
  expect(log[1]).toBe('missed name=hourly count=3 first=01:00:00 last=03:00:00 action=caughtUp')
})

test('what is older than the window is left out, whatever the policy', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'missed')
    scheduler.recurring('all', (run) => push(`all ${clockText(run.scheduledFor)}`), {
      cron: '0 * * * *',
      missed: 'all',
      catchUpWindow: 1.6 * HOUR,
    })
    scheduler.recurring('once', (run) => push(`once ${clockText(run.scheduledFor)}`), {
      cron: '0 1 * * *',
      missed: 'once',
      catchUpWindow: HOUR,
    })
    world.wall.sleep(3.5 * HOUR)
    await sleep(30_001)
    expect(events).toEqual(['all 02:00:00', 'all 03:00:00'])
    expect(log).toEqual([
      'missed name=all count=1 first=01:00:00 last=03:00:00 action=skipped',
      'missed name=all count=2 first=01:00:00 last=03:00:00 action=caughtUp',
      'missed name=once count=1 first=01:00:00 last=01:00:00 action=skipped',
    ])
  }))

test('the clock set back by two hours: nothing runs twice, and cron goes on where it was', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'clockJump', 'missed')
    scheduler.recurring('cron', (run) => push(`cron ${clockText(run.scheduledFor)}`), {
      cron: '0 * * * *',
      timeZone: 'UTC',
    })
    scheduler.recurring('interval', () => push(`interval at ${world.loop.time() / HOUR} h`), { every: HOUR })
    await sleep(3.5 * HOUR)
    world.wall.set(-2 * HOUR)
    await sleep(3 * HOUR)
    expect(events).toEqual(
      [
        'interval at 1 h',
        'cron 01:00:00',
        'interval at 2 h',
        'cron 02:00:00',
        'interval at 3 h',
        'cron 03:00:00',
        // Intervals follow the monotonic clock and never notice; cron waits until the clock reaches what has not run
        // yet.
        'interval at 4 h',
        'interval at 5 h',
        'interval at 6 h',
        'cron 04:00:00',
      ].sort((a, b) => order(a) - order(b)),
    )
    expect(log).toEqual(['clockJump kind=backward by=7200000 at=01:30:30'])
  }))

/** The loop time of an entry of the test above, in hours; cron's last one comes when the clock is two hours behind. */
function order(entry: string): number {
  const hours = Number(/(\d+)(:00:00| h)/.exec(entry)![1])
  return hours + (entry === 'cron 04:00:00' ? 2 : 0) + (entry.startsWith('cron') ? 0.1 : 0)
}

test('a clock that was days ahead is corrected: jobs follow it at once', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    world.wall.set(10 * 24 * HOUR)
    await using scheduler = schedulerIn(world)
    scheduler.recurring('cron', (run) => push(clockText(run.scheduledFor)), { cron: '0 * * * *', timeZone: 'UTC' })
    await sleep(1.5 * HOUR)
    world.wall.set(-10 * 24 * HOUR)
    await sleep(HOUR)
    expect(events).toEqual(['10.01:00:00', '02:00:00'])
  }))

test('the clock set forward, and a loop that stood still, are told apart', () =>
  inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'clockJump')
    scheduler.recurring('job', () => {}, { every: HOUR })
    await sleep(10_000)
    world.wall.set(5 * 60_000)
    await sleep(30_000)
    world.clock.advance(45_000)
    await sleep(1)
    expect(log).toEqual(['clockJump kind=forward by=300000 at=00:05:30', 'clockJump kind=stall by=25000 at=00:06:25'])
  }))

test('a blocked loop: intervals that passed are skipped, the phase is kept', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    const log = eventLog(scheduler, 'missed')
    scheduler.recurring('tick', (run) => push(`${clockText(run.scheduledFor)} at ${world.loop.time()}`), { every: 100 })
    await sleep(150)
    world.clock.advance(400)
    await sleep(200)
    expect(events).toEqual(['00:00:00.100 at 100', '00:00:00.500 at 550', '00:00:00.600 at 600', '00:00:00.700 at 700'])
    expect(log).toEqual(['missed name=tick count=3 first=00:00:00.200 last=00:00:00.500 action=skipped'])
  }))

test('a year of missed seconds is counted and never spun through', () =>
  inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world)
    scheduler.recurring('cron', ({ missedCount }) => push(`cron for ${missedCount > 1_000_000}`), {
      cron: '* * * * * *',
      timeZone: 'UTC',
      limit: 1,
    })
    scheduler.recurring('interval', ({ missedCount }) => push(`interval for ${missedCount}`), {
      every: 1,
      missed: 'once',
      catchUpWindow: Infinity,
      limit: 1,
    })
    world.clock.advance(365 * 24 * HOUR)
    await sleep(1)
    expect(events).toEqual(['cron for true', `interval for ${365 * 24 * HOUR - 1}`].reverse())
  }))

test('what is due at once runs although the wall clock loses a little until then', async () => {
  await inVirtualTime(async (world) => {
    await using scheduler = schedulerIn(world)
    const ran: string[] = []
    for (const name of ['first', 'second']) scheduler.once(name, () => void ran.push(name), { delay: 0 })
    scheduler.recurring('often', () => void ran.push('often'), { every: 5 })
    // Clocks of whole milliseconds do so all the time, and a loop that is late gives them time for it.
    world.wall.set(-3)
    await sleep(6)
    expect(ran.sort()).toEqual(['first', 'often', 'second'])
  })
})
