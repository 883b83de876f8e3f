// Rows and pages of the file that cannot be read any more: the error says which job and which file, and the other jobs
// go on.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '@loop/core'
import { recorder } from '@loop/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CorruptStoreError } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite/index.ts'
import { FileBreaker } from './kill/broken-file.ts'
import type { World } from './support.ts'
import { inVirtualTime, NEW_YEAR, schedulerIn } from './support.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loop-scheduler-'))
  path = join(folder, 'jobs.db')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const storeIn = ({ clock }: World): SqliteStore => new SqliteStore({ path, clock })

/** Makes the file, with a job or two in it, and changes it by hand. */
async function prepared(sql: string): Promise<void> {
  await inVirtualTime(async (world) => {
    const scheduler = schedulerIn(world, { store: storeIn(world) })
    scheduler.define('mail', () => {})
    scheduler.recurring('bad', () => {}, { every: 1000 })
    scheduler.recurring('good', () => {}, { every: 1000 })
    scheduler.once('mail-1', 'mail', { delay: 10_000, data: { to: 'ada' } })
    await scheduler.close()
  })
  using breaker = new FileBreaker(path)
  breaker.exec(sql)
}

test.each([
  ['watermark', "'later'", "watermark is 'later'"],
  ['anchor', '9e999', 'anchor is Infinity'],
  ['schedule', "x'00ff'", 'schedule is '],
  ['runs', "'many'", "runs is 'many'"],
])('a job whose %s is %s is named with its file, and the others run', async (column, value, damage) => {
  await prepared(`update loop_job set ${column} = ${value} where name = 'bad'`)
  await inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    const errors: unknown[] = []
    scheduler.on('storeError', ({ action, name, error }) => {
      expect(action).toBe('register')
      expect(name).toBe('bad')
      errors.push(error)
    })
    scheduler.define('mail', () => {})
    scheduler.recurring('bad', () => push('bad'), { every: 1000 })
    scheduler.recurring('good', () => push('good'), { every: 1000 })
    await sleep(1500)
    expect(events).toEqual(['good'])
    const [error] = errors as CorruptStoreError[]
    expect(error).toBeInstanceOf(CorruptStoreError)
    expect(error!.job).toBe('bad')
    expect(error!.message).toContain(
      `job store "sqlite" (${path}), job "bad": its row in loop_job cannot be used: ${damage}`,
    )
    expect(scheduler.status('bad').state).toBe('registering')
    expect(scheduler.health().ok).toBe(false)
    // What the message says to do.
    expect(await scheduler.remove('bad')).toBe(true)
    scheduler.recurring('bad', () => push('bad'), { every: 1000 })
    await sleep(1500)
    expect(events.filter((name) => name === 'bad')).toEqual(['bad'])
    expect(scheduler.health().ok).toBe(true)
  })
})

test.each([
  ['waiting', "scheduled_for = 'never'", "scheduled_for is 'never'"],
  ['waiting', 'turn = 1.0e999', 'turn is Infinity'],
  ['leased', "lapsed = x'00', owner = 'dead'", 'lapsed is '],
])('an occurrence, %s, that cannot be read is reported once, and the others are taken', async (state, set, damage) => {
  const insert = (name: string): string =>
    `insert into loop_occurrence (key, name, scheduled_for, missed_count, state) values ('${name}@1', '${name}', 1, 0, '${state}')`
  await prepared(`${insert('bad')}; ${insert('good')}; update loop_occurrence set owner = 'dead' where state = 'leased';
    update loop_occurrence set ${set} where name = 'bad'`)
  await inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    const errors: string[] = []
    scheduler.on('storeError', ({ error }) => errors.push((error as Error).message))
    scheduler.define('mail', () => {})
    for (const name of ['bad', 'good'])
      scheduler.recurring(name, ({ scheduledFor }) => push(`${name} ${Number(scheduledFor)}`), { every: 3_600_000 })
    await sleep(70_000)
    expect(events).toEqual(['good 1'])
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain(`job store "sqlite" (${path}), job "bad": the row of "bad@1"`)
    expect(errors[0]).toContain(damage)
  })
})

test.each([
  ["accepted = '{'", 'what it was accepted with cannot be read'],
  [`accepted = '{"type":"mail","data":"{","options":{}}'`, 'what it was accepted with cannot be read'],
  ["missed = 'a few'", "missed is 'a few'"],
])('an accepted job with %s is reported once, listed as damaged, and can be removed', async (set, damage) => {
  await prepared(`update loop_job set ${set} where name = 'mail-1'`)
  await inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    scheduler.define('mail', () => push('mail'))
    scheduler.recurring('bad', () => {}, { every: 1000 })
    scheduler.recurring('good', () => {}, { every: 1000 })
    await sleep(100_000)
    expect(events).toEqual([])
    expect(world.reported.splice(0)).toEqual([
      expect.stringContaining(
        `the stored job "mail-1" cannot run: CorruptStoreError: job store "sqlite", job "mail-1": ${damage}`,
      ),
    ])
    const listed = await scheduler.stored()
    expect(listed.map((job) => ({ name: job.name, runnable: job.runnable, damage: job.damage }))).toEqual([
      { name: 'bad', runnable: true, damage: null },
      { name: 'good', runnable: true, damage: null },
      { name: 'mail-1', runnable: false, damage },
    ])
    expect(await scheduler.remove('mail-1')).toBe(true)
    expect(await scheduler.stored()).toHaveLength(2)
  })
})

test('a page that cannot be read is named with job and file; once it is restored, everything runs', async () => {
  await prepared('select 1')
  using breaker = new FileBreaker(path)
  await inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    const errors = new Map<string, unknown>()
    scheduler.on('storeError', ({ action, name, error }) => errors.set(`${action} ${name}`, error))
    scheduler.define('mail', ({ data }) => push(JSON.stringify(data)))
    scheduler.recurring('good', ({ key }) => push(key), { every: 1000 })
    await sleep(1500)
    const restore = breaker.damagePage('loop_job')
    await sleep(5000)
    expect(errors.get('offer good')).toBeInstanceOf(CorruptStoreError)
    expect(errors.get('offer good')).toMatchObject({
      message: expect.stringMatching(
        /^job store "sqlite" \(.*jobs\.db\), job "good": the file is damaged \(.*malformed.*\)/,
      ) as string,
    })
    expect(scheduler.status('good').storeTrouble).toMatchObject({ action: 'offer', name: 'good' })
    await expect(scheduler.stored()).rejects.toThrow('job store "sqlite"')
    restore()
    await sleep(11_000)
    expect(events.slice(0, 2)).toEqual([`good@${NEW_YEAR + 1000}`, `good@${NEW_YEAR + 2000}`])
    expect(events).toContain('{"to":"ada"}')
    expect(scheduler.health()).toMatchObject({ ok: true, late: [], leases: 0, unstored: 0 })
  })
})

test('a file that is replaced by its backup is used at once; one that is gone is waited for', async () => {
  await prepared('select 1')
  using breaker = new FileBreaker(path)
  breaker.exec(`vacuum into '${path}.backup'`)
  await inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    const errors: string[] = []
    scheduler.on('storeError', ({ error }) => errors.push((error as Error).message))
    scheduler.define('mail', () => {})
    scheduler.recurring('good', () => push('ran'), { every: 1000 })
    await sleep(1500)
    breaker.damagePage('loop_job')
    await sleep(1000)
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
    await sleep(3000)
    expect(errors.at(-1)).toContain(`the database "${path}" is gone`)
    expect(events).toEqual(['ran'])
    copyFileSync(`${path}.backup`, path)
    await sleep(6000)
    expect(events.length).toBeGreaterThan(1)
    expect(scheduler.health().ok).toBe(true)
  })
})

test('a file that is no database is waited for, and named', async () => {
  writeFileSync(path, 'this is no database, but a letter. '.repeat(500))
  await inVirtualTime(async (world) => {
    const { events, push } = recorder<string>()
    await using scheduler = schedulerIn(world, { store: storeIn(world) })
    scheduler.recurring('job', () => push('ran'), { every: 1000 })
    await expect(scheduler.ready({ timeout: 500 })).rejects.toThrow(`job store "sqlite" (${path}): the file is damaged`)
    expect(world.reported.splice(0)).toHaveLength(1)
    rmSync(path)
    await scheduler.ready()
    await sleep(1000)
    expect(events.length).toBeGreaterThan(0)
  })
})
