import { performance } from 'node:perf_hooks'

/** How a thread spent its time, in milliseconds. */
export interface LoopTimes {
  /** Running JavaScript and handling events. */
  readonly active: number
  /** Waiting for events. */
  readonly idle: number
  /** The active part, 0 to 1; 0 where the runtime does not measure it. */
  readonly utilization: number
}

/** The thread's utilization since a moment, as the host measures it: the loop's waiting is the host's. */
export class Utilization {
  private since = performance.eventLoopUtilization()

  /** Counts from now on. */
  start(): void {
    this.since = performance.eventLoopUtilization()
  }

  times(): LoopTimes {
    const { active, idle, utilization } = performance.eventLoopUtilization(this.since)
    return { active, idle, utilization: Number.isFinite(utilization) ? utilization : 0 }
  }
}
