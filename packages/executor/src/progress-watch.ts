/** Notices workers that make no progress though their tasks were expected to be brief. */
import type { PoolWorker } from './pool-worker.ts'

/**
 * How long, in milliseconds, a worker may make no progress before it counts as stuck. Taking its tasks back costs
 * microseconds, so the shortest timer there is.
 */
const WATCH_MS = 1

export class ProgressWatch {
  private watched: { readonly worker: PoolWorker; readonly answers: number }[] = []

  /** `onLook` is given the workers that have answered nothing since they were added. */
  constructor(private readonly onLook: (stuck: readonly PoolWorker[]) => void) {}

  /** Looks at `worker` again in WATCH_MS. */
  add(worker: PoolWorker): void {
    if (this.watched.push({ worker, answers: worker.answers }) === 1) setTimeout(this.look, WATCH_MS).unref()
  }

  private readonly look = (): void => {
    const { watched } = this
    this.watched = []
    this.onLook(watched.filter(({ worker, answers }) => worker.answers === answers).map(({ worker }) => worker))
  }
}
