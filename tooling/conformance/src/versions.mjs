/**
 * What changed in asyncio between versions, as far as programs show it; docs/from-asyncio.md tells it in words. A
 * difference from another version than the reference is put down to one of these if its program, shrunk, has the
 * statements that the change is about.
 */
import { atLeast, REFERENCE } from './python.mjs'
import { rootsOf, walk } from './program.mjs'

/**
 * @typedef {object} Change
 * @property {string} since the first version that has it
 * @property {string} what
 * @property {readonly string[]} ops statements of which a program must have one
 */

/** @type {readonly Change[]} */
export const CHANGES = [
  { since: '3.12', what: 'waitFor is a timeout around a plain wait: no task of its own', ops: ['waitFor'] },
  { since: '3.12', what: 'gather takes items that are done at once, without a turn', ops: ['gather', 'makeGather'] },
  {
    since: '3.13',
    what: 'uncancel() to 0 withdraws a request that waits; timeouts and groups do so at their end',
    ops: ['uncancel', 'uncancelSelf', 'timeout', 'timeoutAt', 'waitFor', 'group'],
  },
  { since: '3.13', what: 'a task group that fails keeps a request from outside', ops: ['group'] },
  {
    since: '3.13',
    what: 'a cancelled wait at a condition wakes the next, and keeps its message',
    ops: ['conditionWait', 'conditionWaitFor', 'conditionListen', 'barrierWait'],
  },
  { since: '3.13', what: 'a semaphore wakes as many as there are places', ops: ['semaphoreAcquire', 'with'] },
]

/** Statements that a version does not know. @type {Record<string, string>} */
const SINCE = { queueShutdown: '3.13' }

/**
 * Whether Python of this version can run a program. @param {import('./program.mjs').Program} program @param {string}
 * version
 */
export function canRun(program, version) {
  let can = true
  for (const root of rootsOf(program)) {
    walk(root, ({ op }) => {
      const since = SINCE[op]
      if (since !== undefined && !atLeast(version, since)) can = false
    })
  }
  return can
}

/**
 * The changes between a version and the reference that a program has the statements of. @param
 * {import('./program.mjs').Program} program @param {string} version
 */
export function changesIn(program, version) {
  const ops = new Set()
  for (const root of rootsOf(program)) walk(root, ({ op }) => ops.add(op))
  const [before, after] = atLeast(version, REFERENCE) ? [REFERENCE, version] : [version, REFERENCE]
  return CHANGES.filter(
    (change) => !atLeast(before, change.since) && atLeast(after, change.since) && change.ops.some((op) => ops.has(op)),
  )
}
