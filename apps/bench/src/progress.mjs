/**
 * Shows how far a run is: a bar with the time left on a terminal, else a line for each point. Written here and not
 * taken from a library, because what a library would estimate is wrong: measurements take from a tenth of a second to
 * ten. The time left is the sum of what each outstanding measurement took in the round before, and drawing the bar is
 * one line.
 */
import process from 'node:process'
import { styleText } from 'node:util'
import { sizeOf } from '@loop/bench-kit'

/** @typedef {import('@loop/bench-kit').Entry} Entry */
/** @typedef {import('@loop/bench-kit').Contender} Contender */

/**
 * What a measurement is thought to take before any of its scenario was made: the windows and the start of most here.
 */
const FIRST_GUESS_MS = 1200

/** Characters of the bar: leaves room for names on a line of 80. */
const WIDTH = 20

export class Progress {
  #stream
  #terminal
  #total
  #done = 0
  /** @type {Map<Entry, Map<Contender, number>>} measurements that are outstanding */
  #left = new Map()
  /** @type {Map<Entry, Map<Contender, number>>} milliseconds of the last one */
  #known = new Map()
  /** @type {Entry | undefined} */
  #current

  /**
   * @param {readonly Entry[]} plan
   * @param {NodeJS.WriteStream} [stream]
   */
  constructor(plan, stream = process.stdout) {
    this.#stream = stream
    this.#terminal = stream.isTTY === true && !process.env['CI']
    this.#total = sizeOf(plan)
    for (const entry of plan) {
      const taking = entry.taking.filter(({ missing }) => missing === undefined)
      this.#left.set(entry, new Map(taking.map(({ contender }) => [contender, entry.rounds])))
      this.#known.set(entry, new Map())
    }
  }

  /**
   * @param {Entry} entry
   * @param {Contender} contender
   * @param {number} round
   */
  starting = (entry, contender, round) => {
    if (entry !== this.#current) this.#enter(entry)
    if (this.#terminal)
      this.#draw(`${entry.scenario.name}, ${entry.point.label}, ${contender.title} (${round + 1}/${entry.rounds})`)
  }

  /** @param {import('@loop/bench-kit').Finished} finished */
  measured = ({ entry, contender, ms, failure }) => {
    this.#done++
    const left = this.#left.get(entry)
    left?.set(contender, (left.get(contender) ?? 1) - 1)
    this.#known.get(entry)?.set(contender, ms)
    if (failure !== undefined)
      this.print(`  failed: ${entry.scenario.name}, ${entry.point.label}, ${contender.title}: ${failure}`)
  }

  /**
   * Prints above the bar.
   * @param {string} text
   */
  print(text) {
    this.#stream.write(`${this.#terminal ? '\r\x1b[K' : ''}${text}\n`)
  }

  /** Takes the bar away. */
  end() {
    if (this.#terminal) this.#stream.write('\r\x1b[K')
  }

  /** Milliseconds until the end, by what is known so far. */
  timeLeft() {
    let sum = 0
    for (const [entry, contenders] of this.#left) {
      for (const [contender, count] of contenders) sum += count * this.#expected(entry, contender)
    }
    return sum
  }

  /** @param {Entry} entry */
  #enter(entry) {
    // What was left out at the point before (a contender that failed again) is not outstanding.
    if (this.#current !== undefined) this.#drop(this.#current)
    this.#current = entry
    if (!this.#terminal)
      this.print(`${this.#percent()}  ${entry.scenario.name}, ${entry.point.label}  (${inWords(this.timeLeft())} left)`)
  }

  /** @param {Entry} entry */
  #drop(entry) {
    for (const count of this.#left.get(entry)?.values() ?? []) this.#done += count
    this.#left.delete(entry)
  }

  /**
   * @param {Entry} entry
   * @param {Contender} contender
   */
  #expected(entry, contender) {
    const known = this.#known.get(entry)?.get(contender)
    if (known !== undefined) return known
    const others = [...this.#known]
      .filter(([{ scenario }]) => scenario === entry.scenario)
      .flatMap(([, times]) => [...times.values()])
    return others.length === 0 ? FIRST_GUESS_MS : others.reduce((sum, ms) => sum + ms, 0) / others.length
  }

  #percent() {
    return `${Math.floor((100 * this.#done) / Math.max(1, this.#total))
      .toString()
      .padStart(3)} %`
  }

  /** @param {string} what */
  #draw(what) {
    const filled = Math.floor((WIDTH * this.#done) / Math.max(1, this.#total))
    const bar = `${styleText('cyan', '█'.repeat(filled))}${'░'.repeat(WIDTH - filled)}`
    const text = `${this.#percent()}  ${inWords(this.timeLeft())} left  ${what}`
    this.#stream.write(`\r\x1b[K${bar} ${text.slice(0, Math.max(0, (this.#stream.columns ?? 80) - WIDTH - 2))}`)
  }
}

/**
 * Milliseconds as a person reads them, not finer than is known.
 * @param {number} ms
 */
export const inWords = (ms) => (ms < 60_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`)
