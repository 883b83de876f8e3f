/**
 * The tables, and the statements over them.
 *
 * A job's row holds its watermark; an occurrence's row goes waiting -> leased -> done. `owner`, `turn` and `beat`
 * identify a lease: whoever wants to change it must name all three, so of two that try only one succeeds. `turn` counts
 * the times that the occurrence was leased, `idle` those in which its run never began, and
 * `lapsed` lists the owners whose leases expired and who were not heard of since, between commas.
 */
import { describe } from '@loop/core/lowlevel'

export const SCHEMA = `
  create table if not exists loop_job (
    name text primary key,
    anchor real not null,
    watermark real not null,
    offered integer not null default 0,
    paused integer not null default 0,
    exclusive integer not null,
    recurring integer not null,
    schedule text not null,
    accepted text,
    touched real not null,
    runs integer not null default 0,
    failures integer not null default 0,
    missed integer not null default 0
  ) without rowid;
  create table if not exists loop_occurrence (
    key text primary key,
    name text not null,
    scheduled_for real not null,
    missed_count integer not null,
    state text not null check (state in ('waiting', 'leased', 'done')),
    turn integer not null default 0,
    lapsed text not null default ',',
    idle integer not null default 0,
    owner text,
    beat integer not null default 0,
    outcome text,
    started_at real,
    duration real,
    result text,
    error text
  ) without rowid;
  create index if not exists loop_occurrence_open on loop_occurrence (name, scheduled_for) where state <> 'done';
  create index if not exists loop_occurrence_done on loop_occurrence (scheduled_for) where state = 'done';
`

/**
 * Whether something of a job may still run: it recurs, was not offered yet, or has an occurrence that has not ended.
 */
const OPEN = `(recurring = 1 or offered = 0
  or exists (select 1 from loop_occurrence where name = job.name and state <> 'done'))`

export const SQL = {
  job: 'select * from loop_job where name = ?',
  addJob: `insert or replace into loop_job (name, anchor, watermark, exclusive, recurring, schedule, accepted, touched)
    values (?, ?, ?, ?, ?, ?, ?, ?)`,
  changeJob: 'update loop_job set exclusive = ?, schedule = ?, touched = ? where name = ?',
  removeJob: 'delete from loop_job where name = ?',
  removeOccurrences: "delete from loop_occurrence where name = ? and state <> 'leased'",
  list: `select *, ${OPEN} as open from loop_job job`,
  listOpen: `select *, 1 as open from loop_job job where ${OPEN}`,
  pause: 'update loop_job set paused = ? where name = ?',
  rewind: 'update loop_job set watermark = min(watermark, ?) where name = ?',
  advance: 'update loop_job set watermark = max(watermark, ?), offered = ?, missed = ? where name = ?',
  addOccurrence: `insert into loop_occurrence (key, name, scheduled_for, missed_count, state, turn, owner, outcome)
    values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (key) do nothing`,
  busy: "select 1 from loop_occurrence where name = ? and state = 'leased' limit 1",
  waiting: `select occurrence.*, job.exclusive from loop_occurrence occurrence join loop_job job using (name)
    where occurrence.state = 'waiting' order by scheduled_for`,
  waitingOf: `select occurrence.*, job.exclusive from loop_occurrence occurrence join loop_job job using (name)
    where occurrence.state = 'waiting' and name = ? order by scheduled_for`,
  leased: "select * from loop_occurrence where state = 'leased'",
  lease:
    "update loop_occurrence set state = 'leased', turn = turn + 1, owner = ?, beat = 0 where key = ? and state = 'waiting'",
  takeOver: `update loop_occurrence set lapsed = iif(owner = ?1, lapsed, lapsed || owner || ','), turn = turn + 1, owner = ?1, beat = 0
    where key = ?2 and state = 'leased' and owner = ?3 and turn = ?4 and beat = ?5`,
  renew: "update loop_occurrence set beat = beat + 1 where key = ? and state = 'leased' and owner = ? and turn = ?",
  release: `update loop_occurrence set state = 'waiting', owner = null, idle = idle + ?
    where key = ? and state = 'leased' and owner = ? and turn = ?`,
  alive: "update loop_occurrence set lapsed = replace(lapsed, ?1, ',') where state <> 'done' and instr(lapsed, ?1) > 0",
  ended: "select 1 from loop_occurrence where key = ? and state = 'done' and owner = ? and turn = ?",
  finish: `update loop_occurrence set state = 'done', outcome = ?, started_at = ?, duration = ?, result = ?, error = ?
    where key = ? and state = 'leased' and owner = ? and turn = ?`,
  count: 'update loop_job set runs = runs + 1, failures = failures + ?, touched = ? where name = ?',
  purge: "delete from loop_occurrence where state = 'done' and scheduled_for < ?",
  purgeJobs: `delete from loop_job as job where recurring = 0 and touched < ? and not ${OPEN}`,
} as const

/**
 * What columns hold. SQLite takes any value in any column, and a file may have been edited, or cut off with its
 * machine's power, so what is read is looked at.
 */
const JOB_COLUMNS = {
  name: 'text',
  anchor: 'number',
  watermark: 'number',
  offered: 'number',
  paused: 'number',
  exclusive: 'number',
  recurring: 'number',
  schedule: 'text',
  accepted: 'text or null',
  runs: 'number',
  failures: 'number',
  missed: 'number',
} as const satisfies Record<keyof JobRow, string>

const OCCURRENCE_COLUMNS = {
  key: 'text',
  name: 'text',
  scheduled_for: 'number',
  missed_count: 'number',
  turn: 'number',
  lapsed: 'text',
  idle: 'number',
  owner: 'text or null',
  beat: 'number',
} as const satisfies Record<keyof OccurrenceRow, string>

/** Says what is wrong with a row of loop_job; null when nothing is. */
export const damageOfJob = (row: object): string | null => damageOf(row, JOB_COLUMNS)

/** Says what is wrong with a row of loop_occurrence; null when nothing is. */
export const damageOfOccurrence = (row: object): string | null => damageOf(row, OCCURRENCE_COLUMNS)

function damageOf(row: object, columns: Readonly<Record<string, string>>): string | null {
  for (const [column, kind] of Object.entries(columns)) {
    const value = (row as Record<string, unknown>)[column]
    const isText = typeof value === 'string'
    const sound = kind === 'number' ? Number.isFinite(value) : isText || (kind === 'text or null' && value === null)
    if (!sound) return `${column} is ${describe(value)}`
  }
  return null
}

/** A row of loop_job. */
export interface JobRow {
  readonly name: string
  readonly anchor: number
  readonly watermark: number
  readonly offered: number
  readonly paused: number
  readonly exclusive: number
  readonly recurring: number
  readonly schedule: string
  readonly accepted: string | null
  readonly runs: number
  readonly failures: number
  readonly missed: number
}

/** A row of loop_occurrence. */
export interface OccurrenceRow {
  readonly key: string
  readonly name: string
  readonly scheduled_for: number
  readonly missed_count: number
  readonly turn: number
  readonly lapsed: string
  readonly idle: number
  readonly owner: string | null
  readonly beat: number
}
