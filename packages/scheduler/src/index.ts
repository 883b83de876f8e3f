export { checkMilliseconds, checkOptions } from './base/check-options.ts'
export {
  AbandonedRunError,
  CorruptStoreError,
  CronSyntaxError,
  DuplicateJobError,
  JobBusyError,
  JobOptionError,
  JobStoreError,
  LeaseLostError,
  NoOccurrenceError,
  PastDateError,
  SchedulerClosedError,
  SchedulerError,
  UnfinishedRunsError,
  UnknownJobError,
  UnknownJobTypeError,
  UnknownStoredJobsError,
  UnknownTimeZoneError,
  UnstorableResultError,
} from './errors.ts'
export type { SchedulerEventName, SchedulerEvents } from './running/events.ts'
export type { SchedulerHealth } from './running/health.ts'
export type { JobRun, ShippedRun } from './jobs/job-run.ts'
export { MemoryStore } from './store/memory-store.ts'
export type {
  JobHandler,
  JobOptions,
  MissedPolicy,
  OnceOptions,
  OverlapPolicy,
  RecurringOptions,
  RetryOptions,
  SchedulerOptions,
  TypeOptions,
} from './options.ts'
export { periodic } from './periodic.ts'
export type { PeriodicOptions, Tick } from './periodic.ts'
export { AsyncScheduler } from './scheduler.ts'
export type { JobStatus, StoredJobStatus } from './jobs/status.ts'
export type { StoreAction, StoreTrouble } from './store/store-access.ts'
export { occurrenceKey } from './store/store.ts'
export type {
  Answer,
  JobRegistration,
  JobStore,
  Lease,
  ListedJob,
  Occurrence,
  Offer,
  OfferResult,
  RunRecord,
  StoredJob,
} from './store/store.ts'
export { systemWallClock } from './base/wall-clock.ts'
export type { ClockJump, ClockJumpKind, WallClock } from './base/wall-clock.ts'
export type { FoldRule, GapRule } from './schedule/zoned-cron.ts'
export { encodeJson } from './base/json.ts'
