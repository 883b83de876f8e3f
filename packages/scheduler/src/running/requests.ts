/** Requests about a job that need nothing but the job. */
import type { Job } from '../jobs/job.ts'
import type { Request } from '../store/store-access.ts'
import type { Lease } from '../store/store.ts'

/** Takes a job out of the store; `removed` gets whether it was there. */
export const removal = (removed: (known: boolean) => void = () => {}): Request<boolean, string> => ({
  action: 'remove',
  ordered: true,
  name: (name) => name,
  ask: (store, name) => store.remove(name),
  answered: removed,
  wanted: () => true,
})

/** Pauses or resumes a job. */
export const pausing: Request<void, { readonly job: Job; readonly paused: boolean }> = {
  action: 'pause',
  ordered: true,
  name: ({ job }) => job.name,
  ask: (store, { job, paused }) => store.pause(job.name, paused),
  answered: () => {},
  wanted: ({ job }) => job.phase !== 'removed',
}

/** Moves a job's watermark back. */
export const rewinding: Request<void, { readonly job: Job; readonly watermark: number }> = {
  action: 'rewind',
  ordered: true,
  name: ({ job }) => job.name,
  ask: (store, { job, watermark }) => store.rewind(job.name, watermark),
  answered: () => {},
  wanted: ({ job }) => job.phase !== 'removed',
}

/** Gives back a lease whose run has not begun. */
export const releasing: Request<void, Lease> = {
  action: 'release',
  ordered: false,
  name: ({ name }) => name,
  ask: (store, lease) => store.release(lease, false),
  answered: () => {},
  wanted: () => true,
}
