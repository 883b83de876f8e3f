/**
 * Makes a failing program small: takes statements away, or replaces them by simpler ones, as long as it still fails.
 *
 * An edit is tried on a copy; when the copy still fails it becomes the program. Passes repeat until none of the edits
 * helps. Large pieces come first (outer statements are visited before inner ones), so most of a program goes early.
 */
import { bodiesOf, rootsOf, sizeOf } from './program.mjs'

/** @typedef {import('./program.mjs').Program} Program */
/** @typedef {import('./program.mjs').Statement} Statement */
/** @typedef {import('./program.mjs').Body} Body */
/** A place in a program: a list and an index. @typedef {{ body: Body, index: number, statement: Statement }} Place */
/** Does its change and says true, or false when it does not apply. @typedef {(place: Place) => boolean} Edit */

/** @param {Program} program @returns {Place[]} */
function placesOf(program) {
  /** @type {Place[]} */
  const places = []
  /** @param {Body} body */
  const visit = (body) =>
    body.forEach((statement, index) => {
      places.push({ body, index, statement })
      for (const inner of bodiesOf(statement)) visit(inner)
    })
  for (const root of rootsOf(program)) visit(root)
  return places
}

/** Statements whose body is code of the same task, and so can stand in its place. */
const TRANSPARENT = new Set(['try', 'timeout', 'timeoutAt', 'repeat', 'group', 'call', 'with'])

/**
 * Takes one element of a list away. @param {string} field @param {number} index @param {number} least @returns {Edit}
 */
const without =
  (field, index, least) =>
  ({ statement }) => {
    const list = statement[field]
    if (!Array.isArray(list) || list.length <= Math.max(index, least)) return false
    list.splice(index, 1)
    return true
  }

/** Gives a field a simpler value. @param {string} field @param {unknown} value @returns {Edit} */
const simpler =
  (field, value) =>
  ({ statement }) => {
    if (!(field in statement) || statement[field] === value) return false
    statement[field] = value
    return true
  }

/** @type {Edit[]} */
const EDITS = [
  ({ body, index }) => {
    body.splice(index, 1)
    return true
  },
  ({ body, index, statement }) => {
    if (!TRANSPARENT.has(statement.op)) return false
    body.splice(index, 1, ...statement['body'])
    return true
  },
  ...[0, 1, 2, 3].map((index) => without('items', index, 1)),
  ...[0, 1].map((index) => without('handlers', index, 0)),
  simpler('final', null),
  simpler('message', null),
  simpler('args', []),
  simpler('returnExceptions', false),
  simpler('times', 1),
]

/** Python and JavaScript both want a handler or a finally. @param {Program} program */
const printable = (program) =>
  placesOf(program).every(({ statement: s }) => s.op !== 'try' || s['handlers'].length > 0 || s['final'] !== null)

/**
 * The smallest program found that still fails.
 *
 * @param {Program} program one that fails
 * @param {(program: Program) => Promise<boolean>} fails
 */
export async function shrink(program, fails) {
  for (;;) {
    const before = JSON.stringify(program)
    program = await onePass(program, fails)
    if (JSON.stringify(program) === before) return program
  }
}

/** @param {Program} program @param {(program: Program) => Promise<boolean>} fails */
async function onePass(program, fails) {
  for (const edit of EDITS) {
    for (let at = 0; at < sizeOf(program);) {
      const copy = structuredClone(program)
      const place = /** @type {Place} */ (placesOf(copy)[at])
      const size = sizeOf(program)
      if (edit(place) && printable(copy) && (await fails(copy))) {
        program = copy
        // The list moved up by what was taken away: look at the same place again, unless nothing was.
        if (sizeOf(program) === size) at++
      } else {
        at++
      }
    }
  }
  return fewerFutures(program, fails)
}

/** @param {Program} program @param {(program: Program) => Promise<boolean>} fails */
async function fewerFutures(program, fails) {
  while (program.futures > 0) {
    const copy = { ...structuredClone(program), futures: program.futures - 1 }
    if (!(await fails(copy))) break
    program = copy
  }
  for (const { id } of program.resources) {
    const copy = structuredClone(program)
    copy.resources = copy.resources.filter((one) => one.id !== id)
    if (await fails(copy)) program = copy
  }
  return program
}
