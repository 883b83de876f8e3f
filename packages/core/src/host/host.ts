/**
 * The loop's whole view of its host: the only file that names Node's timers and ticks.
 *
 * They are taken once, when this module is loaded: test tools replace the globals, the modules' exports and the methods
 * of `performance` and `process`, and a loop on real time goes on in real time all the same. For time that a test
 * controls, give the loop a clock.
 */
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import * as timers from 'node:timers'
import type { Clock } from '../contracts/services.ts'

const { clearImmediate, clearTimeout, setImmediate, setTimeout } = timers
const now = performance.now.bind(performance)
const nextTick = process.nextTick.bind(process)

/** An opaque host timer or immediate. */
export type HostTimer = unknown

/** What the loop asks of the runtime that hosts it. */
export interface Host {
  /** Milliseconds on the host's monotonic clock, with fractions. */
  now(): number
  /** Runs `callback` after at least `ms` (at most 2^31 - 1) milliseconds; keeps the process alive until then. */
  timer(callback: () => void, ms: number): HostTimer
  clearTimer(timer: HostTimer): void
  /** Runs `callback` after the host has looked at its I/O once. */
  immediate(callback: () => void): HostTimer
  clearImmediate(immediate: HostTimer): void
  /** Runs `callback` after the current one, once no microtask is left when called from a microtask. */
  nextTick(callback: () => void): void
}

/** Node, and the runtimes that implement Node's timers: Bun and Deno. */
export const nodeHost: Host = {
  now,
  timer: (callback, ms) => setTimeout(callback, ms),
  clearTimer: (timer) => {
    clearTimeout(timer as NodeJS.Timeout)
  },
  immediate: (callback) => setImmediate(callback),
  clearImmediate: (immediate) => {
    clearImmediate(immediate as NodeJS.Immediate)
  },
  nextTick: (callback) => {
    nextTick(callback)
  },
}

/** The host's monotonic clock: milliseconds since the process started, with fractions. */
export const monotonicClock: Clock = { now: nodeHost.now }

/** The system's wall clock: milliseconds since 1970, UTC. Unlike a loop's time it may jump. */
export const wallClock: Clock = { now: () => Date.now() }
