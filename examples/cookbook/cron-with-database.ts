// Jobs in a database: cron and jobs with data, accepted by one process, run by the next one, each once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AsyncScheduler, Event, run, sleep } from '@loop/runtime'
import { SqliteStore } from '@loop/runtime/sqlite'

const folder = mkdtempSync(join(tmpdir(), 'jobs-'))
const path = join(folder, 'jobs.db')

/** What every process defines; `log` is where its runs are told. */
function define(scheduler: AsyncScheduler, log: (line: string) => void): void {
  scheduler.define(
    'mail',
    ({ data, attempt }) => {
      const { to } = data as { to: string }
      if (to.startsWith('broken') && attempt < 2) throw new Error('the mail server is away')
      log(`mail to ${to}, attempt ${attempt}`)
    },
    { retry: { attempts: 3, delay: 10 } },
  )
  scheduler.recurring('report', () => log('report'), { cron: '0 2 * * *', timeZone: 'Europe/London' })
}

await run(async () => {
  // The first process accepts two mails, and ends before their time.
  {
    await using scheduler = new AsyncScheduler({ store: new SqliteStore({ path }) })
    define(scheduler, console.log)
    scheduler.once('welcome-1', 'mail', { data: { to: 'ada@example.org' }, delay: 1_000 })
    scheduler.once('welcome-2', 'mail', { data: { to: 'broken@example.org' }, delay: 1_050 })
    await scheduler.ready()
    console.log('accepted:', (await scheduler.stored()).map(({ name }) => name).join(', '))
  }
  await sleep(1_100)
  // The next one finds them: they are late, and run at once.
  {
    await using scheduler = new AsyncScheduler({ store: new SqliteStore({ path }) })
    const done = new Event()
    let mails = 0
    define(scheduler, (line) => {
      console.log(line)
      if (++mails === 2) done.set()
    })
    await done.wait()
    const [next] = scheduler.preview('report', 1)
    console.log('the report comes at', next?.toLocaleTimeString('en-GB', { timeZone: 'Europe/London' }), 'in London')
  }
})
rmSync(folder, { recursive: true })

/* Prints:
accepted: report, welcome-1, welcome-2
mail to ada@example.org, attempt 1
mail to broken@example.org, attempt 2
the report comes at 02:00:00 in London
*/
