import type { JobStatus } from '@loop/scheduler'

/** The status of jobs as a table: a line each, under a heading, columns aligned; times are UTC. */
export function statusTable(jobs: readonly JobStatus[]): string {
  const time = (date: Date | null): string => date?.toISOString().slice(5, 19).replace('T', ' ') ?? '-'
  const rows = [
    ['job', 'schedule', 'state', 'runs', 'failures', 'next run'],
    ...jobs.map(({ name, schedule, state, runs, failures, nextRun }) => [
      name,
      schedule,
      state,
      String(runs),
      String(failures),
      time(nextRun),
    ]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
