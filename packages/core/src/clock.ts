import type { Clock } from './contracts.ts'
import { nodeHost } from './host.ts'

/** The host's monotonic clock: milliseconds since the process started, with fractions. */
export const monotonicClock: Clock = { now: nodeHost.now }
