/**
 * Makes a program from a seed.
 *
 * Two things make random programs worth running. Swarm weights: each program mutes some statements and favours others,
 * so that rare combinations get programs of their own instead of drowning in the average. And holes: which object a
 * statement names is decided when the whole program is known, so tasks can wait for what is written after them too; the
 * choice keeps waiting free of circles, because CPython answers a cancelled circle with a RecursionError.
 */
import { CALLBACKS, label } from './program.mjs'
import { Random } from '@loop/test-kit/random'
import { coreVocabulary } from './vocabulary-core.mjs'
import { syncVocabulary } from './vocabulary-sync.mjs'

/** @typedef {import('./program.mjs').Program} Program */
/** @typedef {import('./program.mjs').Statement} Statement */
/** @typedef {import('./program.mjs').Body} Body */
/** @typedef {import('./program.mjs').Item} Item */
/** @typedef {'core' | 'sync' | 'all'} Profile */
/** @typedef {'await' | 'any' | 'future' | 'task'} Want */

/**
 * Something that can wait or be waited for. `pre` and `post` number the places where its text begins and ends.
 * @typedef {{ id: string | null, kind: 'task' | 'made' | 'callback', pre: number, post: number }} Node
 */

/**
 * Where a statement stands: whose code it is, whether it may suspend, how deep it is nested, which groups are in sight,
 * and whether it may return (a with block of Python is a function in JavaScript, so a return would leave different
 * things).
 * @typedef {{ owner: Node, suspends: boolean, depth: number, groups: readonly string[], returns: boolean }} Scope
 */

/** @typedef {(writer: Writer, scope: Scope) => Statement} Maker */
/**
 * The statements a profile adds: makers with weights, for any code and for coroutines only.
 * @typedef {object} Vocabulary
 * @property {Record<string, [weight: number, make: Maker]>} anywhere
 * @property {Record<string, [weight: number, make: Maker]>} suspending
 * @property {(writer: Writer) => (op: string) => number} prepare sets the program up; what it gives multiplies the
 *   weight of each statement, those of other vocabularies too
 */

// Deep enough for a group in a timeout in a try in a task in a task; deeper programs run out of statements anyway.
const MAX_DEPTH = 6
// Delays come from a range wide enough that few sums of them meet: a program with equal deadlines is thrown away.
const LONGEST_DELAY = 100

/** The state of one generation; vocabularies call its methods. */
export class Writer {
  /** @type {{ target: { ref: string }, owner: Node, want: Want }[]} */
  #holes = []
  /** @type {Node[]} */
  #nodes = []
  #position = 0
  #budget
  #delays = new Set()
  /** @type {Map<string, number>} */
  #counters = new Map()
  /** @type {Record<string, [number, Maker]>} */
  #anywhere = {}
  /** @type {Record<string, [number, Maker]>} */
  #suspending = {}
  /** Whether tasks wait for what is written before them, or for what comes after. */
  #waitsBackwards

  /** @param {Random} random @param {number} seed @param {readonly Vocabulary[]} vocabularies */
  constructor(random, seed, vocabularies) {
    this.random = random
    this.#budget = random.int(12, 60)
    this.#waitsBackwards = random.chance(50)
    /** @type {Program} */
    this.program = { seed, futures: random.int(2, 5), resources: [], callbacks: [], main: [] }
    const factors = vocabularies.map((vocabulary) => vocabulary.prepare(this))
    for (const { anywhere, suspending } of vocabularies) {
      Object.assign(this.#anywhere, this.#swarm(anywhere, factors))
      Object.assign(this.#suspending, this.#swarm(anywhere, factors), this.#swarm(suspending, factors))
    }
  }

  /**
   * @param {Record<string, [number, Maker]>} table @param {((op: string) => number)[]} factors @returns {Record<string,
   * [number, Maker]>}
   */
  #swarm(table, factors) {
    return Object.fromEntries(
      Object.entries(table).map(([op, [weight, make]]) => {
        const factor = factors.reduce((product, next) => product * next(op), this.random.pick([0, 1, 1, 1, 3]))
        return [op, [weight * factor, make]]
      }),
    )
  }

  /** @returns {Program} */
  write() {
    for (let i = 0; i < CALLBACKS; i++) {
      const scope = { owner: this.open(null, 'callback'), suspends: false, depth: 1, groups: [], returns: false }
      this.program.callbacks.push(this.random.chance(50) ? [] : this.body(scope, 2))
      this.close(scope.owner)
    }
    const owner = this.open(null, 'task')
    const scope = { owner, suspends: true, depth: 0, groups: [], returns: false }
    while (this.#budget > 0) this.program.main.push(this.#mainStatement(scope))
    this.close(owner)
    for (const hole of this.#holes) this.#fill(hole)
    label(this.program)
    return this.program
  }

  /** A body of up to `most` statements. @param {Scope} scope @param {number} most @returns {Body} */
  body(scope, most) {
    const count = this.random.int(1, most)
    const body = []
    for (let i = 0; i < count && this.#budget > 0; i++) body.push(this.#statement(scope))
    return body
  }

  /**
   * Main mostly starts tasks and futures on their way: what it waits for itself may never come. @param {Scope} scope
   */
  #mainStatement(scope) {
    const kind = this.random.weighted({ spawn: 6, sleep: 2, settle: 3, callback: 1 })
    if (kind === 'callback') return this.#statement({ ...scope, suspends: false })
    this.#budget--
    if (kind === 'spawn') return this.spawn(scope)
    if (kind === 'sleep') return { op: 'sleep', delay: this.random.chance(35) ? 0 : this.delay(), value: 0 }
    const op = this.random.weighted({ setResult: 6, setException: 2, cancel: 2 })
    const settle = this.hole(scope.owner, 'future', {
      op,
      ref: '',
      value: this.random.int(1, 99),
      error: this.failure(),
      message: this.message(),
    })
    return { op: 'later', id: this.fresh('h'), delay: this.delay(), body: [settle] }
  }

  /** A statement that starts a task. @param {Scope} scope @returns {Statement} */
  spawn(scope) {
    const id = this.fresh('t')
    return { op: 'spawn', id, body: this.taskBody(scope, id, 6) }
  }

  /** @param {Scope} scope @returns {Statement} */
  #statement(scope) {
    this.#budget--
    const table = scope.suspends ? this.#suspending : this.#anywhere
    /** @type {Record<string, number>} */
    const weights = { mark: 1 }
    for (const [op, [weight]] of Object.entries(table)) {
      if (op === 'groupSpawn' && scope.groups.length === 0) continue
      if (op === 'return' && !scope.returns) continue
      if (op === 'raise' && scope.depth === 0) continue
      weights[op] = weight
    }
    const op = scope.depth >= MAX_DEPTH ? 'mark' : this.random.weighted(weights)
    const entry = table[op]
    return entry === undefined ? { op: 'mark' } : Object.assign(entry[1](this, scope), { op })
  }

  /**
   * The text of a new task or other waiting thing begins. @param {string | null} id @param {Node['kind']} kind @returns
   * {Node}
   */
  open(id, kind) {
    const node = { id, kind, pre: this.#position++, post: -1 }
    if (id !== null) this.#nodes.push(node)
    return node
  }

  /** Its text ends. @param {Node} node */
  close(node) {
    node.post = this.#position++
  }

  /** A coroutine's body with a task of its own. @param {Scope} scope @param {string | null} id @param {number} most */
  taskBody(scope, id, most) {
    const owner = this.open(id, 'task')
    const body = this.body({ ...scope, owner, suspends: true, depth: scope.depth + 1, returns: true }, most)
    this.close(owner)
    return body
  }

  /** An object, or a coroutine function for which the callee makes a task. @param {Scope} scope @returns {Item} */
  item(scope) {
    return this.random.chance(45) ? { co: this.taskBody(scope, null, 3) } : this.hole(scope.owner, 'await', { ref: '' })
  }

  /** One to four items. @param {Scope} scope @returns {Item[]} */
  items(scope) {
    return Array.from({ length: this.random.int(1, 4) }, () => this.item(scope))
  }

  /**
   * Lets `ref` of the target be decided at the end. @template {{ ref: string }} T @param {Node} owner @param {Want}
   * want @param {T} target @returns {T}
   */
  hole(owner, want, target) {
    this.#holes.push({ target, owner, want })
    return target
  }

  /** A name not used yet: t0, t1, … @param {string} prefix */
  fresh(prefix) {
    const next = this.#counters.get(prefix) ?? 0
    this.#counters.set(prefix, next + 1)
    return `${prefix}${String(next)}`
  }

  /** A delay in milliseconds that no other statement of the program has. */
  delay() {
    for (;;) {
      const delay = this.random.int(1, LONGEST_DELAY)
      if (this.#delays.has(delay)) continue
      this.#delays.add(delay)
      return delay
    }
  }

  /** A delay for a timer or time limit, sometimes one that is over already. */
  limit() {
    if (this.random.chance(4)) return -this.delay()
    return this.random.chance(6) ? 0 : this.delay()
  }

  /** A cancel message, or none. */
  message() {
    return this.random.chance(50) ? null : this.fresh('m')
  }

  /** An exception to raise. @returns {import('./program.mjs').Failure} */
  failure() {
    if (this.random.chance(80)) return { name: 'Boom', text: this.fresh('b') }
    if (this.random.chance(30)) return { name: 'TimeoutError', text: null }
    return { name: 'CancelledError', text: this.message() }
  }

  /** @param {{ target: { ref: string }, owner: Node, want: Want }} hole */
  #fill({ target, owner, want }) {
    const future = `f${String(this.random.int(0, this.program.futures - 1))}`
    const others = this.#nodes.filter((node) => this.#suits(node, owner, want))
    const takesFuture = want !== 'task' && this.random.chance(others.length > 0 ? 40 : 100)
    target.ref =
      want === 'future' || takesFuture || others.length === 0 ? future : (this.random.pick(others).id ?? future)
  }

  /** @param {Node} node @param {Node} owner @param {Want} want */
  #suits(node, owner, want) {
    if (want === 'task') return node.kind === 'task'
    if (want !== 'await') return true
    return this.#waitsBackwards ? node.post < owner.post : node.pre > owner.pre
  }
}

/** @type {Record<Profile, readonly Vocabulary[]>} */
const PROFILES = {
  core: [coreVocabulary],
  sync: [coreVocabulary, syncVocabulary],
  all: [coreVocabulary, syncVocabulary],
}

/**
 * The program of a seed. Profile 'all' takes the core vocabulary for even seeds and both for odd ones.
 *
 * @param {number} seed
 * @param {Profile} profile
 */
export function generate(seed, profile) {
  const vocabularies = profile === 'all' && seed % 2 === 0 ? PROFILES.core : PROFILES[profile]
  return new Writer(new Random(seed), seed, vocabularies).write()
}
