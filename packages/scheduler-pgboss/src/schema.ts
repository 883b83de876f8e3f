/**
 * What pg-boss has no place for: a table of jobs with their watermarks, beside its own tables. Occurrences are pg-boss's
 * jobs; the ones that wait, run and are done are found there, by its own tools too.
 */
export interface JobRow {
  readonly name: string
  readonly anchor: number
  readonly watermark: number
  readonly offered: number
  readonly paused: boolean
  readonly exclusive: boolean
  readonly recurring: boolean
  readonly schedule: string
  readonly accepted: string | null
  readonly runs: number
  readonly failures: number
  readonly missed: number
}

/** The statements, for the schema that pg-boss lives in. */
export function statements(schema: string) {
  const table = `"${schema}".loop_scheduler_job`
  const open = `(recurring or offered = 0
    or exists (select 1 from "${schema}".job where job.name = known.queue and job.state in ('created', 'retry', 'active')))`
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
        recurring boolean not null,
        schedule text not null,
        accepted text,
        queue text not null,
        touched double precision not null,
        runs integer not null default 0,
        failures integer not null default 0,
        missed integer not null default 0
      )`,
    add: `insert into ${table} (name, anchor, watermark, exclusive, recurring, schedule, accepted, queue, touched)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (name) do nothing returning name`,
    change: `update ${table} set exclusive = $2, schedule = $3, queue = $4, touched = $5 where name = $1`,
    /** Everything anew, as for a job that was never known. */
    restart: `update ${table} set anchor = $2, watermark = $3, exclusive = $4, recurring = $5, schedule = $6, accepted = $7, queue = $8,
      touched = $9, offered = 0, paused = false, runs = 0, failures = 0, missed = 0 where name = $1`,
    list: `select known.*, ${open} as open from ${table} known`,
    listOpen: `select known.*, true as open from ${table} known where ${open}`,
    see: `select known.name, watermark, offered, queue.policy from ${table} known left join "${schema}".queue queue on queue.name = known.queue
      where known.name = any($1)`,
    /** Also the lock under which a job's occurrences are offered and taken. */
    lock: `select * from ${table} where name = $1 for update`,
    remove: `delete from ${table} where name = $1 returning name`,
    /** What waits of a queue, or has ended: what runs goes on. */
    clear: `delete from "${schema}".job where name = $1 and state <> 'active'`,
    pause: `update ${table} set paused = $2 where name = $1`,
    rewind: `update ${table} set watermark = least(watermark, $2) where name = $1`,
    /** The end of a run and the counts of its job, in one statement; it completes a job as pg-boss does one that no other depends on. */
    finish: `with ended as (
        update "${schema}".job set completed_on = "${schema}".job_now(), state = 'completed', output = $4::jsonb
        where name = $1 and id = $2 and state = 'active' and retry_count = $3 returning id
      ), counted as (
        update ${table} set runs = runs + 1, failures = failures + $6, touched = $7 where name = $5 and exists (select 1 from ended)
      ) select id from ended`,
    /** One-time jobs whose end is long ago; those whose records pg-boss still has are kept. */
    purge: `delete from ${table} known where not recurring and touched < $1 and not ${open}`,
    /** Whether this attempt has ended already. */
    ended: `select 1 from "${schema}".job where name = $1 and id = $2 and state = 'completed' and retry_count = $3`,
    /** Notes that an attempt whose job was handed on was not ended by the end of its process. */
    alive: `update "${schema}".job set data = data || jsonb_build_object('alive', coalesce(data -> 'alive', '[]') || to_jsonb($3::int))
      where name = $1 and id = $2 and retry_count > $3 and not coalesce(data -> 'alive', '[]') @> to_jsonb($3::int)`,
    /** Notes on a job that was just given back that it was, and whether its run had begun. */
    released: `update "${schema}".job set data = data || jsonb_build_object(
        'released', coalesce((data ->> 'released')::int, 0) + 1, 'idle', coalesce((data ->> 'idle')::int, 0) + $3::int)
      where name = $1 and id = $2 and state = 'retry'`,
    /** The same for several, without those that another instance is busy with: nobody waits for anybody. */
    lockAll: `select * from ${table} where name = any($1) order by name for update skip locked`,
    activeAll: `select distinct name from "${schema}".job where name = any($1) and state = 'active'`,
    advanceAll: `update ${table} known set watermark = greatest(known.watermark, news.watermark), offered = news.offered, missed = known.missed + news.missed
      from unnest($1::text[], $2::double precision[], $3::int[], $4::int[]) as news (name, watermark, offered, missed) where known.name = news.name`,
    active: `select 1 from "${schema}".job where name = $1 and state = 'active' limit 1`,
    /** Which of these queues have something that may run now. */
    ready: `select distinct name from "${schema}".job
      where name = any($1) and state in ('created', 'retry') and start_after <= now()`,
  }
}
