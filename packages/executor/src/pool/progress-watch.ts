/** Notices workers that make no progress. */
import type { PoolWorker } from './pool-worker.ts'

export class ProgressWatch {
  /** Answers of each watched worker when it was added. */
  private watched = new Map<PoolWorker, number>()

  /**
   * `onLook` is given the workers that have answered nothing since they were added; it is called `ms` after the first
   * was.
   */
  constructor(
    private readonly ms: number,
    private readonly onLook: (stuck: readonly PoolWorker[]) => void,
  ) {}

  /** Looks at `worker` again. */
  add(worker: PoolWorker): void {
    if (this.watched.has(worker)) return
    this.watched.set(worker, worker.answers)
    if (this.watched.size === 1) setTimeout(this.look, this.ms).unref()
  }

  private readonly look = (): void => {
    const { watched } = this
    this.watched = new Map()
    this.onLook([...watched].filter(([worker, answers]) => worker.answers === answers).map(([worker]) => worker))
  }
}
