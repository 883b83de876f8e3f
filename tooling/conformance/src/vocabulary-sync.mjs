/**
 * The statements of @loop/sync that programs are made of.
 *
 * Every program of the profile has one object of each family; the swarm weights decide which of them it plays with. Locks
 * are mostly held by `with` blocks: a lock that nobody gives back ends a program early.
 */
import { withBlock } from './vocabulary-core.mjs'

/** @typedef {import('./generate.mjs').Maker} Maker */
/** @typedef {import('./generate.mjs').Writer} Writer */

/** @param {string} ref @param {(w: Writer) => object} [more] @returns {Maker} */
const on = (ref, more = () => ({})) => (w) => ({ op: '', ref, ...more(w) })
const value = (/** @type {Writer} */ w) => ({ value: w.random.int(1, 99) })

/** @type {import('./generate.mjs').Vocabulary} */
export const syncVocabulary = {
  prepare(w) {
    const { resources } = w.program
    const size = w.random.int(1, 3)
    resources.push(
      { id: 'event', kind: 'Event', args: [] },
      { id: 'lock', kind: 'Lock', args: [] },
      { id: 'condition', kind: 'Condition', args: [] },
      { id: 'semaphore', kind: w.random.pick(['Semaphore', 'BoundedSemaphore']), args: [size] },
      { id: 'barrier', kind: 'Barrier', args: [w.random.int(1, 3)] },
      { id: 'queue', kind: w.random.pick(['Queue', 'Queue', 'PriorityQueue', 'LifoQueue']), args: [w.random.int(0, 2)] },
    )
  },
  anywhere: {
    eventSet: [6, on('event')],
    eventClear: [3, on('event')],
    eventIsSet: [1, on('event')],
    lockRelease: [2, on('lock')],
    lockLocked: [2, on('lock')],
    conditionNotify: [3, on('condition', (w) => ({ count: w.random.int(1, 2) }))],
    conditionNotifyAll: [2, on('condition')],
    semaphoreRelease: [4, on('semaphore')],
    semaphoreLocked: [2, on('semaphore')],
    barrierWaiting: [1, on('barrier')],
    queuePutNowait: [8, on('queue', value)],
    queueGetNowait: [5, on('queue')],
    queueTaskDone: [3, on('queue')],
    queueSize: [2, on('queue')],
    bump: [4, () => ({ op: '' })],
  },
  suspending: {
    eventWait: [8, on('event')],
    lockAcquire: [3, on('lock')],
    with: [24, (w, s) => ({ op: '', ref: w.random.pick(['lock', 'lock', 'condition', 'semaphore']), body: withBlock(w, s) })],
    conditionWait: [6, on('condition')],
    conditionWaitFor: [4, on('condition', (w) => ({ least: w.random.int(1, 3) }))],
    // A waiter needs the lock to be told, so these make whole use of a condition in one statement.
    conditionTell: [8, on('condition', (w) => ({ count: w.random.int(1, 3) }))],
    conditionListen: [8, on('condition')],
    semaphoreAcquire: [6, on('semaphore')],
    barrierWait: [8, on('barrier')],
    barrierReset: [1, on('barrier')],
    barrierAbort: [1, on('barrier')],
    queuePut: [12, on('queue', value)],
    queueGet: [12, on('queue')],
    queueJoin: [3, on('queue')],
  },
}
