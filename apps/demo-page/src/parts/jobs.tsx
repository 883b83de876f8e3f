import { clock, count, duration, until } from '../format.ts'
import type { Actions } from '../use-actions.ts'
import type { JobFigures } from '../wire.ts'
import { Figure, Panel } from './panel.tsx'
import { type Column, Table } from './table.tsx'

const marks = { success: '✓ done', failure: '✗ failed', cancelled: '– cancelled' } as const

/** The scheduler's jobs: when each runs next, and how it went last. */
export function Jobs({ jobs, now, actions }: { jobs: readonly JobFigures[]; now: number; actions: Actions }) {
  const columns: readonly Column<JobFigures>[] = [
    { head: 'Job', cell: ({ name }) => <strong>{name}</strong> },
    { head: 'Schedule', cell: ({ schedule }) => schedule },
    { head: 'State', cell: ({ state }) => <span class={`state ${state}`}>{state}</span> },
    { head: 'Next run', cell: ({ name, nextRun }) => <Figure name={`next-${name}`}>{until(nextRun, now)}</Figure> },
    { head: 'Last outcome', cell: (job) => <Outcome job={job} /> },
    { head: 'Runs', numeric: true, cell: ({ name, runs }) => <Figure name={`runs-${name}`}>{count(runs)}</Figure> },
    {
      head: 'Failures',
      numeric: true,
      cell: ({ name, failures }) => <Figure name={`failures-${name}`}>{count(failures)}</Figure>,
    },
    {
      head: 'Action',
      // What is over cannot be cancelled any more.
      cell: ({ name, state }) => (state === 'finished' ? null : <CancelButton name={name} actions={actions} />),
    },
  ]
  return (
    <Panel id="jobs" title="Jobs" aside="SIGHUP brings cancelled jobs back">
      <Table label="Jobs" columns={columns} rows={jobs} keyOf={({ name }) => name} empty="All jobs were cancelled." />
    </Panel>
  )
}

function Outcome({ job: { lastOutcome, lastDuration, lastError, lastRun } }: { job: JobFigures }) {
  if (lastOutcome === null) return <>not yet</>
  const at = lastRun === null ? '' : ` at ${clock(lastRun)}`
  return (
    <span
      class={`outcome ${lastOutcome}`}
      title={`${marks[lastOutcome]}${at}${lastError === null ? '' : `: ${lastError}`}`}
    >
      {marks[lastOutcome]} in {duration(lastDuration)}
      {lastError === null ? null : <small> {lastError}</small>}
    </span>
  )
}

function CancelButton({ name, actions }: { name: string; actions: Actions }) {
  const key = `cancel-${name}`
  return (
    <button
      type="button"
      class="small"
      data-action={key}
      aria-disabled={actions.isBusy(key)}
      onClick={() => {
        actions.run(key, 'cancel', { job: name })
      }}
    >
      Cancel<span class="unseen"> the job {name}</span>
    </button>
  )
}
