/**
 * What pg-boss has no place for: a table of jobs with their watermarks, beside its own tables. Occurrences are
 * pg-boss's jobs; the ones that wait, run and are done are found there, by its own tools too.
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
  readonly queue: string
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
    /** Makes a job known, or notes what may change of a known one; no row when it has to begin anew. */
    register: `with known as (select schedule from ${table} where name = $1)
      insert into ${table} as job (name, anchor, watermark, exclusive, recurring, schedule, accepted, queue, touched)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      on conflict (name) do update set exclusive = $4, schedule = $6, queue = $8, touched = $9 where job.recurring = $5 and not $10
      returning job.*, xmax = 0 as fresh, (select schedule from known) as before`,
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
    /**
     * Ends of runs and the counts of their jobs, in one statement; it completes jobs as pg-boss does those that no
     * other depends on. Rows of jobs are locked in the order of their names, by everybody who locks several and waits.
     */
    finish: `with news as (
        select * from unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::int[], $7::double precision[])
          as news (queue, id, attempt, output, job, failed, at)
      ), locked as (
        select name from ${table} where name = any($5) order by name for update
      ), ended as (
        update "${schema}".job set completed_on = "${schema}".job_now(), state = 'completed', output = news.output::jsonb from news
        where job.name = news.queue and job.id = news.id and job.state = 'active' and job.retry_count = news.attempt
          and (select count(*) from locked) >= 0
        returning job.id, news.job, news.failed, news.at
      ), counted as (
        update ${table} known set runs = known.runs + sums.runs, failures = known.failures + sums.failures, touched = sums.at
        from (select job, count(*) as runs, sum(failed) as failures, max(at) as at from ended group by job) sums where known.name = sums.job
      ) select id from ended`,
    renew: `update "${schema}".job set heartbeat_on = "${schema}".job_now() from unnest($1::text[], $2::uuid[], $3::int[]) as held (queue, id, attempt)
      where job.name = held.queue and job.id = held.id and job.state = 'active' and job.retry_count = held.attempt returning job.id`,
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
    /** The same for several. */
    lockAll: `select * from ${table} where name = any($1) order by name for update`,
    /** The same without those that another instance is busy with: nobody waits for anybody. */
    lockFree: `select * from ${table} where name = any($1) order by name for update skip locked`,
    /** Which of these queues have a run in progress. */
    active: `select distinct name from "${schema}".job where name = any($1) and state = 'active'`,
    /**
     * Adds occurrences that are not known, with the settings of their queues, as pg-boss does; a queue that is gone is
     * an error.
     */
    insert: `insert into "${schema}".job (id, name, data, priority, start_after, created_on, expire_seconds, deletion_seconds, keep_until,
        retry_limit, retry_delay, retry_backoff, retry_delay_max, policy, dead_letter, heartbeat_seconds)
      select news.id, news.queue, news.data::jsonb, news.priority, "${schema}".job_now(), "${schema}".job_now(), queue.expire_seconds,
        queue.deletion_seconds, "${schema}".job_now() + queue.retention_seconds * interval '1s', queue.retry_limit, queue.retry_delay,
        queue.retry_backoff, queue.retry_delay_max, queue.policy, queue.dead_letter, queue.heartbeat_seconds
      from unnest($1::text[], $2::uuid[], $3::text[], $4::int[]) as news (queue, id, data, priority)
        left join "${schema}".queue queue on queue.name = news.queue
      on conflict do nothing returning name`,
    /** Hands out what waits in these queues, so many of each, as pg-boss's fetch does of one. */
    fetch: `with next as (
        select waiting.* from unnest($1::text[], $2::int[]) as wanted (queue, most) cross join lateral (
          select job.name, job.id from "${schema}".job where job.name = wanted.queue and job.state < 'active' and not job.blocked
            and job.start_after <= "${schema}".job_now()
          order by job.priority desc, job.created_on limit wanted.most for update skip locked
        ) waiting
      ) update "${schema}".job set state = 'active', started_on = "${schema}".job_now(), heartbeat_on = "${schema}".job_now(),
        retry_count = job.retry_count + (job.started_on is not null)::int
      from next where job.name = next.name and job.id = next.id returning job.name, job.id, job.data, job.retry_count as "retryCount"`,
    advanceAll: `update ${table} known set watermark = greatest(known.watermark, news.watermark), offered = news.offered, missed = known.missed + news.missed
      from unnest($1::text[], $2::double precision[], $3::int[], $4::int[]) as news (name, watermark, offered, missed) where known.name = news.name`,
    /** Which of these queues have something that may run now, and no run that it has to wait for. */
    ready: `select distinct name from "${schema}".job
      where name = any($1) and state in ('created', 'retry') and start_after <= now() and not exists (
        select 1 from "${schema}".job other where other.name = job.name and other.state = 'active' and other.policy = 'singleton')`,
  }
}
