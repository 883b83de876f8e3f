/**
 * The tables, and the statements over them.
 *
 * A job's row holds its watermark; an occurrence's row goes waiting -> leased -> done. `owner`, `attempt` and `beat` identify
 * a lease: whoever wants to change it must name all three, so of two that try only one succeeds.
 */
export const SCHEMA = `
  create table if not exists loop_job (
    name text primary key,
    anchor real not null,
    watermark real not null,
    offered integer not null default 0,
    paused integer not null default 0,
    exclusive integer not null,
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
    attempt integer not null default 0,
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

export const SQL = {
  job: 'select * from loop_job where name = ?',
  addJob: 'insert into loop_job (name, anchor, watermark, exclusive) values (?, ?, ?, ?)',
  setExclusive: 'update loop_job set exclusive = ? where name = ?',
  removeJob: 'delete from loop_job where name = ?',
  removeWaiting: "delete from loop_occurrence where name = ? and state = 'waiting'",
  pause: 'update loop_job set paused = ? where name = ?',
  rewind: 'update loop_job set watermark = min(watermark, ?) where name = ?',
  advance: 'update loop_job set watermark = max(watermark, ?), offered = ?, missed = ? where name = ?',
  addOccurrence: `insert into loop_occurrence (key, name, scheduled_for, missed_count, state, attempt, owner, outcome)
    values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (key) do nothing`,
  busy: "select 1 from loop_occurrence where name = ? and state = 'leased' limit 1",
  waiting: `select occurrence.*, job.exclusive from loop_occurrence occurrence join loop_job job using (name)
    where occurrence.state = 'waiting' order by scheduled_for`,
  waitingOf: `select occurrence.*, job.exclusive from loop_occurrence occurrence join loop_job job using (name)
    where occurrence.state = 'waiting' and name = ? order by scheduled_for`,
  leasedByOthers: "select * from loop_occurrence where state = 'leased' and owner <> ?",
  lease: "update loop_occurrence set state = 'leased', attempt = attempt + 1, owner = ?, beat = 0 where key = ? and state = 'waiting'",
  takeOver: `update loop_occurrence set attempt = attempt + 1, owner = ?, beat = 0
    where key = ? and state = 'leased' and owner = ? and attempt = ? and beat = ?`,
  renew: "update loop_occurrence set beat = beat + 1 where key = ? and state = 'leased' and owner = ? and attempt = ?",
  release: "update loop_occurrence set state = 'waiting', owner = null where key = ? and state = 'leased' and owner = ? and attempt = ?",
  finish: `update loop_occurrence set state = 'done', outcome = ?, started_at = ?, duration = ?, result = ?, error = ?
    where key = ? and state = 'leased' and owner = ? and attempt = ?`,
  count: 'update loop_job set runs = runs + 1, failures = failures + ? where name = ?',
  purge: "delete from loop_occurrence where state = 'done' and scheduled_for < ?",
} as const

/** A row of loop_job. */
export interface JobRow {
  readonly anchor: number
  readonly watermark: number
  readonly offered: number
  readonly paused: number
  readonly exclusive: number
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
  readonly attempt: number
  readonly owner: string | null
  readonly beat: number
}
