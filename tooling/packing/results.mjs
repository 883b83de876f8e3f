// Collects what held and what did not, so that one problem does not hide the others.

import { CommandError } from '../bootstrap/stage.mjs'

/** Two checks at a time: most of them are processes of one thread. */
const workers = 2

/** A compiler may print thousands of lines; the first thirty tell enough. */
const shownLines = 30

export class Results {
  passed = 0
  /** @type {string[]} */
  problems = []
  /** What was not checked, and why. @type {string[]} */
  skipped = []

  /**
   * Does a check; what it throws, or the problems it returns, are recorded.
   * @param {string} what
   * @param {() => Promise<readonly string[] | void> | readonly string[] | void} work
   */
  async check(what, work) {
    let found
    try {
      found = (await work()) ?? []
    } catch (error) {
      found = [
        error instanceof CommandError
          ? `${error.message}\n${error.output.trim().split('\n').slice(0, shownLines).join('\n')}`
          : String(error),
      ]
    }
    if (found.length === 0) this.passed++
    for (const problem of found) this.problems.push(`${what}: ${problem}`)
  }

  /**
   * @param {string} what
   * @param {string} why
   */
  skip(what, why) {
    const line = `${what}: ${why}`
    // Several stages may skip one thing.
    if (!this.skipped.includes(line)) this.skipped.push(line)
  }

  totals() {
    return { passed: this.passed, failed: this.problems.length, skipped: this.skipped.length }
  }
}

/**
 * Works through a list, a few items at a time.
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => Promise<void>} work
 */
export async function each(items, work) {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: workers }, worker))
}
