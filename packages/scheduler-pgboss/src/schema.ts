/**
 * What pg-boss has no place for: a table of jobs with their watermarks, beside its own tables. Occurrences are pg-boss's
 * jobs; the ones that wait, run and are done are found there, by its own tools too.
 */
export interface JobRow {
  readonly anchor: number
  readonly watermark: number
  readonly offered: number
  readonly paused: boolean
  readonly exclusive: boolean
  readonly runs: number
  readonly failures: number
  readonly missed: number
}

/** The statements, for the schema that pg-boss lives in. */
export function statements(schema: string) {
  const table = `"${schema}".loop_scheduler_job`
  return {
    // Two instances may create it at the same moment; only the lock makes "if not exists" safe then.
    create: `select pg_advisory_xact_lock(hashtext('loop-scheduler'));
      create table if not exists ${table} (
        name text primary key,
        anchor double precision not null,
        watermark double precision not null,
        offered integer not null default 0,
        paused boolean not null default false,
        exclusive boolean not null,
        runs integer not null default 0,
        failures integer not null default 0,
        missed integer not null default 0
      )`,
    add: `insert into ${table} (name, anchor, watermark, exclusive) values ($1, $2, $3, $4) on conflict (name) do nothing returning name`,
    /** Also the lock under which a job's occurrences are offered and taken. */
    lock: `select * from ${table} where name = $1 for update`,
    setExclusive: `update ${table} set exclusive = $2 where name = $1`,
    remove: `delete from ${table} where name = $1`,
    pause: `update ${table} set paused = $2 where name = $1`,
    rewind: `update ${table} set watermark = least(watermark, $2) where name = $1`,
    advance: `update ${table} set watermark = greatest(watermark, $2), offered = $3, missed = $4 where name = $1`,
    count: `update ${table} set runs = runs + 1, failures = failures + $2 where name = $1`,
    active: `select 1 from "${schema}".job where name = $1 and state = 'active' limit 1`,
    /** Which of these queues have something that may run now. */
    ready: `select distinct name from "${schema}".job
      where name = any($1) and state in ('created', 'retry') and start_after <= now()`,
  }
}
