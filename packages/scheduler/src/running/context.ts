import type { EventLoop } from '@loop/core'
import type { WallClock } from '../base/wall-clock.ts'
import type { Job } from '../jobs/job.ts'
import type { StoreAccess } from '../store/store-access.ts'
import type { JobStore } from '../store/store.ts'
import type { Emitter } from './events.ts'

/** What the parts of a scheduler share. */
export interface SchedulerContext {
  readonly loop: EventLoop
  readonly wall: WallClock
  readonly store: JobStore
  readonly access: StoreAccess
  readonly events: Emitter
  /** The jobs, by name. */
  readonly jobs: Map<string, Job>
  /** Jobs that were removed or replaced while runs of them were in progress. */
  readonly leaving: Set<Job>
  /** Reports to the loop's exception handler. Never throws. */
  report(message: string, exception: unknown): void
}
