/**
 * Notices workers that take nothing of what they are given: one whose own plumbing a task has replaced, that was
 * stopped from outside, or whose event loop something is blocking that no task knows of. Their tasks have not started,
 * so they can run elsewhere.
 */
import type { PoolWorker } from './pool-worker.ts'

/** How often, in milliseconds, workers with tasks are looked at; it costs next to nothing. */
const LOOK_MS = 2500
/** Looks in a row that find nothing started before a worker is given up: far beyond a slow machine's pauses. */
const LOOKS = 5

/** How long a worker may take nothing, in seconds. */
export const UNRESPONSIVE_S = (LOOK_MS * (LOOKS - 1)) / 1000

interface Seen {
  answers: number
  looks: number
}

export class ResponseWatch {
  private readonly watched = new Map<PoolWorker, Seen>()
  private timer: ReturnType<typeof setTimeout> | null = null

  constructor(private readonly onUnresponsive: (worker: PoolWorker) => void) {}

  /** Watches a worker that has tasks, as long as it has some. */
  add(worker: PoolWorker): void {
    if (this.watched.has(worker)) return
    this.watched.set(worker, { answers: worker.answers, looks: 0 })
    this.arm()
  }

  private arm(): void {
    if (this.timer !== null) return
    this.timer = setTimeout(this.look, LOOK_MS)
    this.timer.unref()
  }

  private readonly look = (): void => {
    this.timer = null
    const { watched } = this
    for (const [worker, seen] of watched) {
      if (worker.load === 0 || worker.state !== 'ready') watched.delete(worker)
      else if (worker.answers !== seen.answers || !worker.channel.unresponsive) {
        seen.answers = worker.answers
        seen.looks = 0
      } else if (++seen.looks >= LOOKS) {
        watched.delete(worker)
        this.onUnresponsive(worker)
      }
    }
    if (watched.size > 0) this.arm()
  }
}
