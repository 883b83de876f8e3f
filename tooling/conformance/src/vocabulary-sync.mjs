/**
 * The statements of @loop/sync that programs are made of.
 *
 * What can go wrong with a lock or queue goes wrong when several tasks want it and one is cancelled at that moment. So
 * a program plays with one or two families of objects, often, and of core's statements mostly with those that start,
 * delay and cancel tasks. Locks are mostly held by `with` blocks: a lock that nobody gives back ends a program early.
 */
import { withBlock } from './vocabulary-core.mjs'

/** @typedef {import('./generate.mjs').Maker} Maker */
/** @typedef {import('./generate.mjs').Writer} Writer */

/** @param {string} ref @param {(w: Writer) => object} [more] @returns {Maker} */
const on =
  (ref, more = () => ({})) =>
  (w) => ({ op: '', ref, ...more(w) })
const value = (/** @type {Writer} */ w) => ({ value: w.random.int(1, 99) })

/** The families, each with the object that its statements are about. */
const FAMILIES = ['event', 'lock', 'condition', 'semaphore', 'barrier', 'queue']
/** Core's statements that bring tasks to an object and take them away from it. */
const BESIDE = new Set(['spawn', 'sleep', 'cancelTask', 'soon', 'try', 'timeout', 'waitFor', 'with', 'bump'])

/** The family of a statement, if it has one. @param {string} op */
const familyOf = (op) => FAMILIES.find((family) => op.startsWith(family))

/** @param {Writer} w @returns {import('./program.mjs').Resource} */
function resource(w, /** @type {string} */ id) {
  if (id === 'semaphore') {
    return { id, kind: w.random.pick(['Semaphore', 'BoundedSemaphore']), args: [w.random.pick([0, 1, 1, 2])] }
  }
  if (id === 'barrier') return { id, kind: 'Barrier', args: [w.random.int(1, 3)] }
  if (id === 'queue') {
    return {
      id,
      kind: w.random.pick(['Queue', 'Queue', 'PriorityQueue', 'LifoQueue']),
      args: [w.random.pick([0, 1, 1, 2])],
    }
  }
  return { id, kind: `${id.charAt(0).toUpperCase()}${id.slice(1)}`, args: [] }
}

/** A block that holds one of the objects that can be held. @type {Maker} */
const withStatement = (w, scope) => {
  const holdable = w.program.resources
    .map(({ id }) => id)
    .filter((id) => ['lock', 'condition', 'semaphore'].includes(id))
  return { op: '', ref: holdable.length === 0 ? 'lock' : w.random.pick(holdable), body: withBlock(w, scope) }
}

/** @type {import('./generate.mjs').Vocabulary} */
export const syncVocabulary = {
  prepare(w) {
    const chosen = new Set([w.random.pick(FAMILIES), w.random.pick(FAMILIES)])
    w.program.resources.push(...[...chosen].map((id) => resource(w, id)))
    const others = w.random.pick([0, 0, 1])
    return (op) => {
      const family = familyOf(op)
      if (family !== undefined) return chosen.has(family) ? 6 : 0
      return BESIDE.has(op) ? 2 : others
    }
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
    queueShutdown: [1, on('queue', (w) => ({ immediate: w.random.chance(40) }))],
    bump: [4, () => ({ op: '' })],
  },
  suspending: {
    eventWait: [8, on('event')],
    lockAcquire: [3, on('lock')],
    with: [24, withStatement],
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
