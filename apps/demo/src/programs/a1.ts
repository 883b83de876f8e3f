import { sleep } from '@loop/core'
import { AsyncScheduler } from '@loop/scheduler'
import { statusTable } from '../jobs/status-table.ts'
import { defineProgram } from '../program.ts'

/** 8:59:58 on a winter's morning in London, which is 17:59:58 in Tokyo. */
const MORNING = Date.UTC(2026, 0, 15, 8, 59, 58)

export const program = defineProgram({
  id: 'A1',
  section: 'Scheduler',
  title: 'Jobs of every kind on one scheduler',
  idea: 'A job that fails, one that overlaps itself, cron in two zones, cancel by name, the status as a table, a graceful end.',
  expected: [
    'failing: run 1 failed, and nobody else noticed',
    'slow began',
    'slow: the run due at 900 ms is skipped, one is still running',
    'failing: run 2 failed, and nobody else noticed',
    'doomed was cancelled by name, its signal is aborted: true',
    'slow ended',
    'slow began',
    'failing: run 3 failed, and nobody else noticed',
    'London at 09:00:00 UTC',
    'Tokyo at 09:00:00 UTC',
    'failing: run 4 failed, and nobody else noticed',
    'slow ended',
    'slow began',
    'job      schedule                 state      runs  failures  next run',
    'failing  every 530 ms             scheduled  4     4         01-15 09:00:00',
    'slow     every 300 ms             running    2     0         01-15 09:00:00',
    'London   0 9 * * * Europe/London  scheduled  1     0         01-16 09:00:00',
    'Tokyo    0 18 * * * Asia/Tokyo    scheduled  1     0         01-16 09:00:00',
    'once     once after 50 ms         finished   1     0         -',
    'the scope ends: no new runs',
    'slow ended',
    'closed',
  ],

  async run({ loop, print }) {
    const began = loop.time()
    // The wall clock of a made-up morning that goes on at the loop's pace.
    const clock = { now: () => MORNING + loop.time() - began }
    {
      await using scheduler = new AsyncScheduler({ clock })
      let failed = 0
      scheduler.on('failure', ({ name }) => print(`${name}: run ${++failed} failed, and nobody else noticed`))
      scheduler.on('overlap', ({ name, scheduledFor, action }) => {
        const due = Math.round((scheduledFor.getTime() - MORNING) / 100) * 100
        if (due === 900) print(`${name}: the run due at ${due} ms is ${action}, one is still running`)
      })
      scheduler.recurring(
        'failing',
        () => {
          throw new Error('as always')
        },
        { every: 530 },
      )
      scheduler.recurring(
        'slow',
        async () => {
          print('slow began')
          await sleep(700)
          print('slow ended')
        },
        { every: 300, start: new Date(MORNING + 600) },
      )
      scheduler.recurring('London', () => print(`London at ${timeOf(clock.now())} UTC`), {
        cron: '0 9 * * *',
        timeZone: 'Europe/London',
      })
      scheduler.recurring('Tokyo', () => print(`Tokyo at ${timeOf(clock.now())} UTC`), {
        cron: '0 18 * * *',
        timeZone: 'Asia/Tokyo',
      })
      scheduler.recurring(
        'doomed',
        async ({ signal }) => {
          try {
            await sleep(60_000)
          } finally {
            print(`doomed was cancelled by name, its signal is aborted: ${signal.aborted}`)
          }
        },
        { every: 1000 },
      )
      scheduler.once('once', () => {}, { delay: 50 })
      await sleep(1200)
      scheduler.cancel('doomed')
      await sleep(1250)
      print(statusTable(scheduler.status()))
      print('the scope ends: no new runs')
    }
    print('closed')
  },
})

const timeOf = (epoch: number): string => new Date(epoch).toISOString().slice(11, 19)
