/** A seed becomes a program. */
import { Random } from '@loop/test-kit/random'

/** @typedef {import('./program.mjs').Program} Program */
/** @typedef {import('./program.mjs').Statement} Statement */
/** @typedef {import('./program.mjs').Body} Body */
/** @typedef {import('./program.mjs').Form} Form */
/** @typedef {import('./program.mjs').Item} Item */

/** What may stand somewhere. @typedef {{ depth: number, simple: boolean, group: boolean, task: number, form: Form }} Place */

const LEAVES = {
  sleep: 22,
  sleep0: 6,
  foreign: 16,
  fails: 4,
  memo: 8,
  ready: 4,
  tick: 6,
  event: 3,
  wrap: 2,
  wrapped: 2,
  adopt: 2,
  request: 4,
  flag: 2,
  get: 2,
  iterate: 2,
  extend: 2,
  boom: 1,
}
const REST = {
  timeout: 16,
  group: 8,
  task: 14,
  await: 10,
  cancel: 8,
  cancelGroup: 5,
  abort: 2,
  join: 10,
  waitFor: 7,
  gather: 6,
  wait: 3,
  asCompleted: 3,
  shield: 4,
  later: 4,
  done: 2,
  host: 5,
  handler: 3,
  detach: 3,
  listen: 2,
  emit: 3,
  store: 3,
  chained: 3,
  exclusive: 3,
  limited: 3,
  lock: 3,
  try: 9,
}
/** Those that hold nothing others wait for, and wait for no task. */
const SIMPLE = { timeout: 10, try: 4, join: 4, later: 2, host: 2, store: 1 }

/** What programs of `attribution: 'handle'` may await: things of their own loop. */
const OWN_LEAVES = { sleep: 30, sleep0: 8, flag: 4, boom: 1 }
const OWN_REST = {
  timeout: 16,
  group: 8,
  task: 14,
  await: 10,
  cancel: 8,
  cancelGroup: 5,
  abort: 2,
  join: 8,
  waitFor: 7,
  gather: 6,
  wait: 3,
  asCompleted: 3,
  shield: 4,
  done: 1,
  lock: 3,
  try: 9,
}
const OWN_SIMPLE = { timeout: 10, try: 4 }

/** All statements that programs are made of. @type {readonly string[]} */
export const STATEMENTS = [...Object.keys(LEAVES).filter((op) => op !== 'sleep0'), ...Object.keys(REST)]

class Generator {
  /** @type {Set<string>} */
  memos = new Set()
  tasks = 0
  left

  /** @param {Random} random @param {boolean} foreign whether promises of others are awaited */
  constructor(random, foreign) {
    this.random = random
    this.foreign = foreign
    this.left = random.int(4, 26)
  }

  ms() {
    return this.random.pick([1, 2, 3, 5, 8, 10, 15, 20, 30])
  }

  /** @returns {Form} */
  form() {
    return this.random.chance(30) ? 'generator' : 'async'
  }

  /** @param {Place} place @param {number} [most] @returns {Body} */
  body(place, most = 4) {
    const count = this.random.int(1, most)
    const body = []
    for (let i = 0; i < count; i++) {
      if (i > 0 && this.left <= 0) break
      body.push(this.statement(place))
    }
    return body
  }

  /** @param {Place} place @param {Partial<Place>} change */
  inside(place, change) {
    return this.body({ ...place, depth: place.depth + 1, ...change }, place.depth > 2 ? 2 : 4)
  }

  /** @param {Place} place @returns {Statement} */
  statement(place) {
    this.left--
    if (this.left <= 0 || place.depth > 5 || this.random.chance(50)) return this.leaf(place)
    return this.rest(place)
  }

  /** @param {Place} place @returns {Statement} */
  leaf(place) {
    const op = this.random.weighted(/** @type {Record<string, number>} */ (this.foreign ? LEAVES : OWN_LEAVES))
    switch (op) {
      case 'sleep0':
        return { op: 'sleep', ms: 0 }
      case 'ready':
        return { op, value: this.random.chance(50) }
      case 'tick':
        return { op, how: this.random.pick(['microtask', 'tick', 'immediate']) }
      case 'memo':
        return place.simple ? { op: 'foreign', ms: this.ms() } : { op, name: this.memo() }
      case 'request':
        return { op, ms: this.ms(), own: this.random.chance(60) }
      case 'boom':
        return { op: place.depth > 0 ? 'boom' : 'ready' }
      default:
        return { op, ms: this.ms() }
    }
  }

  memo() {
    const name = this.random.pick(['m1', 'm2'])
    this.memos.add(name)
    return name
  }

  /** @param {Place} place @returns {Item} */
  item(place) {
    const kind = this.random.weighted({
      body: 50,
      task: 12,
      sleep: 10,
      ...(this.foreign ? { foreign: 10, fails: 4, memo: 6 } : { foreign: 0, fails: 0, memo: 0 }),
    })
    if (kind === 'body') {
      const form = this.form()
      const task = ++this.tasks
      return { kind, form, body: this.inside(place, { form, group: false, task }) }
    }
    if (kind === 'task') return place.simple ? { kind: 'sleep', ms: this.ms() } : { kind, id: this.later(place) }
    if (kind === 'memo') return place.simple ? { kind: 'foreign', ms: this.ms() } : { kind, name: this.memo() }
    return { kind, ms: this.ms() }
  }

  /** A task that may be awaited here: of a later number, so that none wait for each other. @param {Place} place */
  later(place) {
    return this.random.int(place.task + 1, Math.max(place.task + 1, this.tasks))
  }

  /** @param {Place} place @param {number} low @param {number} high @returns {Item[]} */
  items(place, low, high) {
    return Array.from({ length: this.random.int(low, high) }, () => this.item(place))
  }

  /** @param {Place} place @returns {Statement} */
  rest(place) {
    const { random } = this
    const [simple, rest] = this.foreign ? [SIMPLE, REST] : [OWN_SIMPLE, OWN_REST]
    const op = random.weighted(/** @type {Record<string, number>} */ (place.simple ? simple : rest))
    switch (op) {
      case 'timeout': {
        const form = this.form()
        return {
          op,
          ms: random.chance(8) ? 0 : this.ms(),
          at: random.chance(20),
          form,
          body: this.inside(place, { form }),
        }
      }
      case 'group': {
        const form = this.form()
        return { op, form, body: this.inside(place, { form, group: true }) }
      }
      case 'task': {
        const form = this.form()
        const id = ++this.tasks
        return {
          op,
          id,
          form,
          signal: random.chance(12) ? random.pick(['C1', 'C2']) : null,
          free: !place.group || random.chance(20),
          eager: this.foreign && random.chance(10),
          body: this.inside(place, { form, group: false, task: id }),
        }
      }
      case 'await':
        return { op, id: this.later(place) }
      case 'cancel':
        return { op, id: random.int(1, Math.max(1, this.tasks)) }
      case 'done':
        return { op, id: random.int(1, Math.max(1, this.tasks)), ...this.callback(place) }
      case 'cancelGroup':
        return place.group ? { op } : { op: 'sleep', ms: 0 }
      case 'abort':
        return { op, name: random.pick(['C1', 'C2']) }
      case 'join':
        return {
          op,
          how: random.pick(['all', 'allSettled', 'race', 'any']),
          branches: Array.from({ length: random.int(2, 3) }, () => this.branch(place)),
        }
      case 'waitFor':
        return { op, ms: this.ms(), item: this.item(place) }
      case 'shield':
        return { op, item: this.item(place) }
      case 'gather':
        return { op, items: this.items(place, 1, 3), returnExceptions: random.chance(30) }
      case 'wait':
        return {
          op,
          ids: Array.from({ length: random.int(1, 3) }, () => this.later(place)),
          ms: random.chance(50) ? this.ms() : null,
          when: random.pick(['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED']),
        }
      case 'asCompleted':
        return { op, items: this.items(place, 1, 3), forAwait: random.chance(50) }
      case 'later':
        return { op, ms: random.chance(50) ? 0 : this.ms(), ...this.callback(place) }
      case 'host':
        return {
          op,
          when: random.chance(50) ? this.ms() : random.pick(['microtask', 'tick', 'immediate']),
          body: this.inside(place, { form: 'async', group: false }),
        }
      case 'handler':
        return { op, ms: this.ms(), body: this.inside(place, { form: 'async', group: false, task: 1000 }) }
      case 'emit':
        return { op, name: 'emitter1' }
      case 'listen':
        return { op, name: 'emitter1', body: this.inside(place, { form: 'async', simple: true, group: false }) }
      case 'detach':
        return { op, body: this.inside(place, { form: 'async' }) }
      case 'store':
        return { op, value: random.pick(['u1', 'u2', 'u3']), body: this.inside(place, { form: 'async' }) }
      case 'chained':
      case 'exclusive':
      case 'limited':
        return { op, name: `${op}1`, body: this.inside(place, { form: 'async', simple: true, group: false }) }
      case 'lock':
        return { op, name: 'lock1', body: this.inside(place, { simple: true, group: false }) }
      case 'try':
        return {
          op,
          swallow: random.chance(12),
          cleanup: random.chance(12) ? this.ms() : null,
          body: this.inside(place, {}),
        }
      default:
        throw new Error(`no way to make ${op}`)
    }
  }

  /** @param {Place} place @returns {Body} */
  branch(place) {
    if (this.random.chance(35)) {
      const form = this.form()
      return [{ op: 'timeout', ms: this.ms(), at: false, form, body: this.inside(place, { form }) }]
    }
    return this.inside(place, { form: 'async' })
  }

  /** @param {Place} place @returns {{ sync: boolean, body: Body }} */
  callback(place) {
    const sync = this.random.chance(40) || !this.foreign
    return { sync, body: sync ? [] : this.inside(place, { form: 'async', group: false, task: 1000 }) }
  }
}

/**
 * The program of a seed.
 * @param {number} seed @param {{ foreign?: boolean }} [options] `foreign: false` for one that awaits nothing but its
 *   loop's things
 * @returns {Program}
 */
export function generate(seed, { foreign = true } = {}) {
  const random = new Random(seed)
  const generator = new Generator(random, foreign)
  const two = foreign && random.chance(20)
  const loops = Array.from({ length: two ? 2 : 1 }, () => {
    const form = generator.form()
    const body = []
    if (two) generator.left = random.int(3, 12)
    while (generator.left > 0 && body.length < 8) {
      body.push(...generator.body({ depth: 0, simple: false, group: false, task: 0, form }, 4))
    }
    return { form, body, tidy: random.chance(85), budget: random.pick([0, 1, 1]) }
  })
  const simple = { depth: 3, simple: true, group: false, task: 1000, form: /** @type {const} */ ('async') }
  const memos = Object.fromEntries([...generator.memos].sort().map((name) => [name, generator.body(simple, 3)]))
  return { seed, outsideFirst: random.chance(50), memos, loops }
}
