import type { Job } from '../jobs/job.ts'
import type { Moment } from '../schedule/schedule.ts'
import { jitterOfJob } from '../jobs/job.ts'
import type { StoreAccess, StoreTrouble } from '../store/store-access.ts'

/** Milliseconds after its time from which a job is late: no loop that answers probes is behind by so much. */
const LATE_MS = 1000

/** How a scheduler is; a snapshot for a readiness probe. */
export interface SchedulerHealth {
  /** Whether the store is open and answered when it was last asked, and every job is registered with it. */
  readonly ok: boolean
  readonly store: {
    readonly name: string
    readonly open: boolean
    /** Whether its newest answer was none of failure. */
    readonly reachable: boolean
    /** The oldest trouble that lasts; null while there is none. */
    readonly trouble: StoreTrouble | null
    /** When it last answered; null when it never did, or is a store of this process alone. */
    readonly lastAnswer: Date | null
    /** When it last took something that had to be stored. */
    readonly lastStored: Date | null
  }
  /** Jobs that the store does not know yet. */
  readonly registering: number
  /** Jobs whose next run should have begun more than a second ago, and by how many milliseconds they are late. */
  readonly late: readonly { readonly name: string; readonly by: number }[]
  /** Runs that hold a lease: in progress, or ended and not stored. */
  readonly leases: number
  /** Runs that have ended and whose ends the store did not take yet. */
  readonly unstored: number
}

/** What health is made of. */
export interface HealthParts {
  readonly open: boolean
  readonly store: string
  readonly access: StoreAccess
  readonly jobs: Iterable<Job>
  readonly leases: number
  readonly now: Moment
}

export function healthOf({ open, store, access, jobs, leases, now }: HealthParts): SchedulerHealth {
  const late: { name: string; by: number }[] = []
  let registering = 0
  let unstored = 0
  for (const job of jobs) {
    unstored += job.unstored
    if (job.phase === 'registering') registering++
    if (job.phase !== 'scheduled' || job.next === null) continue
    const by = (job.schedule!.timeline === 'wall' ? now.wall : now.loop) - job.next - jitterOfJob(job)
    if (by > LATE_MS) late.push({ name: job.name, by })
  }
  const { reachable, trouble, lastAnswer, lastStored } = access
  const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
  return {
    ok: open && reachable && registering === 0,
    store: { name: store, open, reachable, trouble, lastAnswer: date(lastAnswer), lastStored: date(lastStored) },
    registering,
    late,
    leases,
    unstored,
  }
}
