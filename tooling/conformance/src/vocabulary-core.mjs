/**
 * The statements of @loop/core that programs are made of, with their weights.
 *
 * A weight says how often a statement is drawn against the others before a program's swarm factor. What creates work
 * (spawn, sleep, await) and what disturbs it (cancel, time limits) is drawn most.
 */

import { CALLBACKS } from './program.mjs'

/** @typedef {import('./generate.mjs').Maker} Maker */
/** @typedef {import('./generate.mjs').Writer} Writer */
/** @typedef {import('./generate.mjs').Scope} Scope */

/**
 * A statement about one object. @param {import('./generate.mjs').Want} want @param {(w: Writer) => object} [more]
 * @returns {Maker}
 */
const about =
  (want, more = () => ({})) =>
  (w, scope) =>
    w.hole(scope.owner, want, { op: '', ref: '', ...more(w) })

/** Code that runs as a callback of its own. @param {Writer} w @param {Scope} scope */
const callback = (w, scope) => w.body({ ...scope, suspends: false, depth: scope.depth + 1, returns: false }, 3)

/** Code of the same task. @param {Writer} w @param {Scope} scope */
const block = (w, scope, most = 4) => w.body({ ...scope, depth: scope.depth + 1 }, most)

/** Code of the same task that is a function of its own in JavaScript. @param {Writer} w @param {Scope} scope */
export const withBlock = (w, scope, most = 4) => block(w, { ...scope, returns: false }, most)

/** @param {Writer} w */
const anyHandle = (w) => `h${String(w.random.int(0, 4))}`
/** @param {Writer} w */
const anyCallback = (w) => `c${String(w.random.int(0, CALLBACKS - 1))}`
/** @param {Writer} w */
const value = (w) => w.random.int(1, 99)

/** Objects that stand for several others. @type {(shape: (w: Writer, scope: Scope) => object) => Maker} */
const made = (shape) => (w, scope) => {
  const id = w.fresh('g')
  const owner = w.open(id, 'made')
  const statement = { op: '', id, ...shape(w, { ...scope, owner, depth: scope.depth + 1 }) }
  w.close(owner)
  return statement
}

/** @type {Maker} */
const group = (w, scope) => {
  const id = w.fresh('tg')
  const inside = { ...scope, groups: [...scope.groups, id] }
  const first = Object.assign(groupSpawn(w, inside), { op: 'groupSpawn' })
  return { op: '', id, body: [first, ...withBlock(w, inside, 5)] }
}

/** A failure while others still run is what groups are for, so many of their tasks end with one. @type {Maker} */
const groupSpawn = (w, scope) => {
  const id = w.fresh('t')
  const body = w.taskBody(scope, id, 3)
  if (w.random.chance(35)) body.push(sleep(w), { op: 'raise', error: w.failure() })
  return { op: '', id, group: w.random.pick(scope.groups), body }
}

/** @param {Writer} w */
const sleep = (w) => ({ op: 'sleep', delay: w.random.chance(35) ? 0 : w.delay(), value: value(w) })

/** Half of the bodies wait for something that has an end, so that it matters which comes first. @type {Maker} */
const timeout = (w, scope) => {
  const body = withBlock(w, scope)
  if (w.random.chance(50)) body.push(sleep(w))
  return { op: '', id: w.fresh('to'), limit: limitOrNone(w), body }
}

/** @param {Writer} w */
const limitOrNone = (w) => (w.random.chance(7) ? null : w.limit())

/** @param {Writer} w */
const anyTimeout = (w) => `to${String(w.random.int(0, 2))}`

/** Often around a group or a timeout alone, with a look afterwards at the requests to cancel they leave behind. @type {Maker} */
const tryStatement = (w, scope) => {
  const handlers = Array.from({ length: w.random.int(0, 2) }, () => ({
    catches: w.random.pick(['CancelledError', 'CancelledError', 'Boom', 'TimeoutError', 'Exception', 'any']),
    then: w.random.pick(['swallow', 'swallow', 'rethrow', 'replace']),
    error: w.failure(),
    body: w.random.pick([() => [], () => [{ op: 'cancellingSelf' }], () => block(w, scope, 2)])(),
  }))
  const inside = { ...scope, depth: scope.depth + 1 }
  const body = w.random.pick([
    () => [Object.assign(group(w, inside), { op: 'group' })],
    () => [Object.assign(timeout(w, inside), { op: 'timeout' })],
    () => block(w, scope),
    () => block(w, scope),
  ])()
  const final = handlers.length === 0 || w.random.chance(35) ? block(w, scope, 2) : null
  return { op: '', body, handlers, final }
}

/** @type {Maker} */
const asCompleted = (w, scope) => ({
  op: '',
  items: w.items({ ...scope, depth: scope.depth + 1 }),
  limit: w.random.chance(30) ? w.limit() : null,
})

/** @type {Maker} */
const wait = (w, scope) => ({
  op: '',
  items: Array.from({ length: w.random.int(1, 4) }, () => w.hole(scope.owner, 'await', { ref: '' })),
  limit: w.random.chance(50) ? w.limit() : null,
  returnWhen: w.random.pick(['ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION']),
})

/** @type {import('./generate.mjs').Vocabulary} */
export const coreVocabulary = {
  prepare: () => () => 1,
  anywhere: {
    soon: [
      7,
      (w, s) => ({
        op: '',
        id: w.fresh('h'),
        args: w.random.chance(30) ? [value(w), value(w)] : [],
        body: callback(w, s),
      }),
    ],
    later: [6, (w, s) => ({ op: '', id: w.fresh('h'), delay: w.limit(), body: callback(w, s) })],
    at: [3, (w, s) => ({ op: '', id: w.fresh('h'), delay: w.delay(), body: callback(w, s) })],
    cancelHandle: [2, (w) => ({ op: '', ref: anyHandle(w) })],
    handleState: [1, (w) => ({ op: '', ref: anyHandle(w) })],
    setResult: [7, about('future', (w) => ({ value: value(w) }))],
    setException: [4, about('future', (w) => ({ error: w.failure() }))],
    cancel: [10, about('any', (w) => ({ message: w.message() }))],
    cancelTask: [4, about('task', (w) => ({ message: w.message() }))],
    state: [3, about('any')],
    result: [2, about('any')],
    exception: [2, about('any')],
    addCallback: [5, about('any', (w) => ({ callback: anyCallback(w) }))],
    removeCallback: [2, about('any', (w) => ({ callback: anyCallback(w) }))],
    spawn: [12, (w, s) => w.spawn(s)],
    cancelling: [1, about('task')],
    uncancel: [2, about('task')],
    reschedule: [3, (w) => ({ op: '', ref: anyTimeout(w), limit: limitOrNone(w) })],
    expired: [1, (w) => ({ op: '', ref: anyTimeout(w) })],
    currentName: [1, () => ({ op: '' })],
    makeGather: [2, made((w, s) => ({ items: w.items(s), returnExceptions: w.random.chance(50) }))],
    makeShield: [2, made((w, s) => ({ items: [w.item(s)] }))],
    raise: [3, (w) => ({ op: '', error: w.failure() })],
    groupSpawn: [14, groupSpawn],
  },
  suspending: {
    await: [14, about('await')],
    sleep: [14, sleep],
    call: [4, (w, s) => ({ op: '', body: block(w, { ...s, returns: true }) })],
    try: [14, tryStatement],
    return: [1, (w) => ({ op: '', value: value(w) })],
    gather: [
      6,
      (w, s) => ({ op: '', items: w.items({ ...s, depth: s.depth + 1 }), returnExceptions: w.random.chance(50) }),
    ],
    wait: [5, wait],
    waitFor: [8, (w, s) => ({ op: '', items: [w.item({ ...s, depth: s.depth + 1 })], limit: limitOrNone(w) })],
    shield: [5, (w, s) => ({ op: '', items: [w.item({ ...s, depth: s.depth + 1 })] })],
    timeout: [7, timeout],
    timeoutAt: [2, timeout],
    group: [7, group],
    repeat: [2, (w, s) => ({ op: '', times: w.random.int(2, 3), body: block(w, s, 3) })],
    asCompleted: [4, asCompleted],
    cancelSelf: [4, (w) => ({ op: '', message: w.message() })],
    uncancelSelf: [2, () => ({ op: '' })],
    cancellingSelf: [1, () => ({ op: '' })],
  },
}
