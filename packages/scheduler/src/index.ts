export { checkOptions } from './definition.ts'
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
export type { SchedulerEventName, SchedulerEvents } from './events.ts'
export type { SchedulerHealth } from './health.ts'
export type { JobRun, ShippedRun } from './job-run.ts'
export { MemoryStore } from './memory-store.ts'
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
export type { JobStatus, StoredJobStatus } from './status.ts'
export type { StoreAction, StoreTrouble } from './store-access.ts'
export { occurrenceKey } from './store.ts'
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
} from './store.ts'
export { systemWallClock } from './wall-clock.ts'
export type { ClockJump, ClockJumpKind, WallClock } from './wall-clock.ts'
export type { FoldRule, GapRule } from './zoned-cron.ts'
export { encodeJson } from './json-result.ts'
