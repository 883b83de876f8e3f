/**
 * Draining microtasks between two handles, which is what makes a native `async` task behave as an asyncio coroutine:
 * everything that a handle set in motion has happened before the next handle runs.
 *
 * Node has no public call that does it inside a macrotask, so there are three ways, chosen by a probe on first use:
 *
 *   bun      `drainMicrotasks` of bun:jsc                                         documented by Bun
 *   tick     `process._tickCallback`, what Node itself calls after each macrotask   fast, undocumented
 *   public   a nextTick queued from a microtask: ticks run only when no microtask is left
 *
 * The public way always works; it cannot return, so the turn goes on in its callback. It is three to four times slower
 * over a whole loop, and drains microtasks only: a nextTick that one of them asks for may come after the next handle.
 * It is used when asked for (`drain: 'public'`), when a probe fails, and under --pending-deprecation or
 * --throw-deprecation, which `_tickCallback` would trip.
 *
 * What a drain throws (a nextTick callback of the program failed) is never caught here: it belongs to the host's
 * uncaughtException, and catching it corrupts Node's async stack.
 */
import { createRequire } from 'node:module'
import process from 'node:process'

/** How microtasks are drained: synchronously by `run`, or, when that is null, step by step through the host's ticks. */
export interface Drain {
  readonly name: 'bun' | 'tick' | 'public'
  readonly run: (() => void) | null
}

/** What a loop may ask for. */
export type DrainChoice = 'auto' | 'public'

const publicDrain: Drain = { name: 'public', run: null }
let chosen: Drain | undefined

/** The fastest drain that works here. Must be called from a macrotask: inside a microtask nothing drains. */
export function chooseDrain(choice: DrainChoice): Drain {
  if (choice === 'public') return publicDrain
  chosen ??= probe()
  return chosen
}

function probe(): Drain {
  const bun = bunDrain()
  if (bun !== null && drains(bun)) return { name: 'bun', run: bun }
  const tick = (process as { _tickCallback?: () => void })._tickCallback
  if (typeof tick === 'function' && !deprecationsMatter() && drains(tick)) return { name: 'tick', run: tick }
  return publicDrain
}

/** Whether `drain` runs a chain of promise reactions to its end: five hops, more than any single await needs. */
function drains(drain: () => void): boolean {
  let finished = false
  void (async () => {
    for (let hop = 0; hop < 5; hop++) await null
    finished = true
  })()
  drain()
  return finished
}

function bunDrain(): (() => void) | null {
  if (process.versions['bun'] === undefined) return null
  try {
    const jsc = createRequire(import.meta.url)('bun:jsc') as { drainMicrotasks?: () => void }
    return jsc.drainMicrotasks ?? null
  } catch {
    return null
  }
}

function deprecationsMatter(): boolean {
  const flags = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')]
  return (
    process.env['NODE_PENDING_DEPRECATION'] === '1' ||
    flags.some((flag) => /^--(pending|throw)[-_]deprecation$/.test(flag)) ||
    (process as { throwDeprecation?: boolean }).throwDeprecation === true
  )
}
