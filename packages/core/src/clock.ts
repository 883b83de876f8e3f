import type { Clock } from './contracts.ts'
import { nodeHost } from './host.ts'

/** The host's monotonic clock: milliseconds since the process started, with fractions. */
export const monotonicClock: Clock = { now: nodeHost.now }

/** The system's wall clock: milliseconds since 1970, UTC. Unlike a loop's time it may jump. */
export const wallClock: Clock = { now: () => Date.now() }
