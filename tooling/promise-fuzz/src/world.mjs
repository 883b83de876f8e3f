/**
 * The world that a program runs in: one virtual time for its loops and for everything outside of them, so that a
 * deadline is met exactly or missed, and no run depends on the machine.
 *
 *     somebody has something to do ─> rounds of the host's own loop ─> all rest ─> jump to the next moment
 *                                                                               └> none left: the end, or a hang
 */
import { AsyncResource } from 'node:async_hooks'

/** Rounds of the host's loop without anything happening before time jumps. */
const ROUNDS = 3
/** Turns of one loop that no generated program comes near. */
const MOST_TURNS = 4000

const NOTHING = /** @type {never[]} */ ([])
const DONE_MS = 1e-6

/** @typedef {{ at: number, order: number, run: () => void }} Moment */

export class World {
  now = 0
  /** Waits that take host rounds instead of time; while there are any, time stands. */
  held = 0
  /** Whether what is outside the loops comes before them at the same moment. */
  outsideFirst = true
  /** @type {WorldSelector[]} */
  selectors = []
  /** @type {Moment[]} sorted */
  #moments = []
  #order = 0
  #idle = 0
  #ended = false
  /** @type {(reason: 'rest' | 'endless') => void} */
  #end = () => {}

  clock = { now: () => this.now }

  /** Calls `run` at `ms` from now, from outside of every loop. @param {number} ms @param {() => void} run */
  after(ms, run) {
    const moment = { at: this.now + ms, order: this.#order++, run }
    let index = this.#moments.length
    while (index > 0 && /** @type {Moment} */ (this.#moments[index - 1]).at > moment.at) index--
    this.#moments.splice(index, 0, moment)
    this.#idle = 0
    return moment
  }

  /** @param {Moment} moment */
  forget(moment) {
    const index = this.#moments.indexOf(moment)
    if (index !== -1) this.#moments.splice(index, 1)
  }

  /** Lets time go on until nothing is left to happen; says why it ended. @returns {Promise<'rest' | 'endless'>} */
  run() {
    return new Promise((resolve) => {
      this.#end = (reason) => {
        this.#ended = true
        resolve(reason)
      }
      setImmediate(this.#round)
    })
  }

  /** Notes that somebody has something to do. */
  stir() {
    this.#idle = 0
  }

  endless() {
    this.#end('endless')
  }

  #round = () => {
    if (this.#ended) return
    if (this.held > 0 || this.selectors.some((selector) => selector.busy)) this.#idle = 0
    else if (++this.#idle > ROUNDS && !this.#advance()) {
      this.#end('rest')
      return
    }
    setImmediate(this.#round)
  }

  /** Goes to the next moment; false when there is none. */
  #advance() {
    this.#idle = 0
    const next = Math.min(this.#moments[0]?.at ?? Infinity, ...this.selectors.map((selector) => selector.deadline))
    if (next === Infinity) return false
    this.now = Math.max(this.now, next)
    if (this.outsideFirst) this.#fire()
    for (const selector of this.selectors) if (selector.deadline <= this.now + DONE_MS) selector.due()
    if (!this.outsideFirst) setImmediate(() => this.#fire())
    return true
  }

  #fire() {
    while (this.#moments.length > 0 && /** @type {Moment} */ (this.#moments[0]).at <= this.now + DONE_MS) {
      this.#idle = 0
      // One macrotask each, as timers of the host have it.
      const { run } = /** @type {Moment} */ (this.#moments.shift())
      setImmediate(run)
    }
  }
}

/** Sleeps in the world's time, as HostSelector does in the host's. */
export class WorldSelector {
  name = 'world'
  supports = { fd: false, pollable: false, streams: false }
  /** The moment at which the armed wait ends. */
  deadline = Infinity
  turns = 0
  #world
  /** @type {((events: never[]) => void) | null} */
  #deliver = null
  /** @type {AsyncResource | null} */
  #context = null
  #woken = false
  #armed = false

  /** @param {World} world */
  constructor(world) {
    this.#world = world
    world.selectors.push(this)
  }

  /** Whether a turn is about to run. */
  get busy() {
    return this.#armed
  }

  register() {
    throw new Error('programs watch no sources')
  }

  modify() {}

  unregister() {
    return false
  }

  /** @param {number | null} timeout @param {(events: never[]) => void} deliver */
  wait(timeout, deliver) {
    if (++this.turns > MOST_TURNS) {
      this.#world.endless()
      return
    }
    this.#world.stir()
    this.#deliver = deliver
    if (this.#woken || timeout === 0) {
      this.#arm()
      return
    }
    // The host's timer would keep the context of this call.
    this.#context = new AsyncResource('WorldTimer', { requireManualDestroy: true })
    this.deadline = timeout === null ? Infinity : this.#world.now + timeout
  }

  wake() {
    this.#woken = true
    if (this.#deliver !== null && !this.#armed) this.#arm()
  }

  due() {
    this.#context?.runInAsyncScope(() => {
      this.#arm()
    })
  }

  close() {
    this.#deliver = null
    this.deadline = Infinity
  }

  #arm() {
    this.#armed = true
    this.deadline = Infinity
    this.#context = null
    setImmediate(() => {
      const deliver = this.#deliver
      this.#armed = false
      this.#woken = false
      this.#deliver = null
      deliver?.(NOTHING)
    })
  }
}
