/**
 * The programs both sides run, as plain data.
 *
 * A program is a tree of statements that name their objects ("f1" a future, "t2" a task, "g0" a gather or shield, "h3"
 * a handle, "tg0" a group). A statement whose object does not exist yet says so in the trace and does nothing; so any
 * statement can be taken away while shrinking, and what is left is still a program.
 *
 * @typedef {{ op: string, n?: number, [field: string]: any }} Statement
 *   `op` selects the printers' entry, `n` is the label under which it appears in the trace.
 * @typedef {Statement[]} Body
 * @typedef {{ ref: string } | { co: Body, n?: number }} Item what gather, waitFor and shield take: an object or a coroutine function
 * @typedef {{ catches: string, body: Body, n?: number, then: 'swallow' | 'rethrow' | 'replace', error: Failure }} Handler
 * @typedef {{ name: string, text: string | null }} Failure an exception to raise
 * @typedef {object} Program
 * @property {number} seed the number that generates it again
 * @property {number} futures how many futures exist from the start, named f0, f1, …
 * @property {Resource[]} resources locks, queues and the like of the sync profile
 * @property {Body[]} callbacks done-callbacks that can be added and removed, named c0, c1, …
 * @property {Body} main
 * @typedef {{ id: string, kind: string, args: number[] }} Resource
 */

/** How many done-callbacks every program has. */
export const CALLBACKS = 3

/**
 * Every list of statements directly inside a statement, in program order.
 *
 * @param {Statement} statement
 * @returns {Body[]}
 */
export function bodiesOf(statement) {
  const bodies = []
  if (statement.body) bodies.push(statement.body)
  for (const handler of statement.handlers ?? []) bodies.push(handler.body)
  if (statement.final) bodies.push(statement.final)
  for (const item of statement.items ?? []) if (item.co) bodies.push(item.co)
  return bodies
}

/**
 * Calls `visit` for every statement, outer ones first.
 *
 * @param {Body} body
 * @param {(statement: Statement) => void} visit
 */
export function walk(body, visit) {
  for (const statement of body) {
    visit(statement)
    for (const inner of bodiesOf(statement)) walk(inner, visit)
  }
}

/** Every top-level body of a program. @param {Program} program */
export const rootsOf = (program) => [...program.callbacks, program.main]

/**
 * Numbers statements, handlers and inline coroutines in program order: the labels of the trace.
 * Done once, when the program is made: shrinking keeps the numbers, so that the parts stay recognisable.
 *
 * @param {Program} program
 */
export function label(program) {
  let next = 1
  for (const root of rootsOf(program)) {
    walk(root, (statement) => {
      statement.n = next++
      for (const handler of statement.handlers ?? []) handler.n = next++
      for (const item of statement.items ?? []) if (item.co) item.n = next++
    })
  }
}

/** How many statements a program has. @param {Program} program */
export function sizeOf(program) {
  let count = 0
  for (const root of rootsOf(program)) walk(root, () => count++)
  return count
}

/**
 * The done-callbacks that a program names, with their names. @param {Program} program @returns {[name: string, body:
 * Body][]}
 */
export function callbacksOf(program) {
  const named = new Set()
  for (const root of rootsOf(program)) walk(root, (statement) => named.add(statement['callback']))
  return program.callbacks
    .map((body, index) => /** @type {[string, Body]} */ ([`c${String(index)}`, body]))
    .filter(([name]) => named.has(name))
}
