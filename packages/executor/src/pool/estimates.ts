/** What the pool takes from the mean run times of functions: how much to hand over ahead, and when to batch. */
import type { FunctionReference } from '../functions/reference.ts'

/**
 * A function whose runs are shorter than this, in milliseconds, is brief: two thread wake-ups take as long, so handing
 * over and answering in batches pays.
 */
const BRIEF_MS = 0.05

/** Assumed for a function that has not run yet, in milliseconds: a few are handed over ahead, not hundreds. */
const UNKNOWN_MS = 0.2

/**
 * Work handed over ahead to one worker, in milliseconds: enough to hide a wake-up of the pool's thread many times over,
 * little enough that a task of higher priority or a crash concerns few tasks.
 */
export const AHEAD_MS = 2

/** Whether the function is known to be brief. */
export function isBrief(fn: FunctionReference): boolean {
  return fn.meanMs < BRIEF_MS
}

/** Milliseconds the next run is expected to take. */
export function expectedMs(fn: FunctionReference): number {
  return Number.isNaN(fn.meanMs) ? UNKNOWN_MS : fn.meanMs
}
