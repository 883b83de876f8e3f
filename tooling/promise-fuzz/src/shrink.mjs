/** Makes a failing program small: takes away and simplifies as long as it fails in the same way. */

/** @typedef {import('./program.mjs').Program} Program */

/** The sort of a violation: its text without what changes from program to program. @param {string} text */
export const sortOf = (text) =>
  text
    .replaceAll(/\d+(\.\d+)?/g, 'N')
    .replace(/main of LN|TN|a task of \S+/g, 'a task')
    .slice(0, 60)

/**
 * @param {Program} program
 * @param {(candidate: Program) => Promise<boolean>} fails whether it fails in the same way
 * @param {number} [most] candidates to try
 */
export async function shrink(program, fails, most = 600) {
  let best = program
  let tried = 0
  for (let progress = true; progress && tried < most;) {
    progress = false
    for (let index = 0; tried < most;) {
      const candidate = simplified(best, index)
      if (candidate === null) break
      if (candidate === undefined) {
        index++
        continue
      }
      tried++
      if (await fails(candidate)) {
        best = candidate
        progress = true
      } else index++
    }
  }
  return best
}

/**
 * The program with its simplification number `index`; null after the last, undefined when that one changes nothing.
 * @param {Program} program @param {number} index @returns {Program | null | undefined}
 */
function simplified(program, index) {
  const copy = structuredClone(program)
  const before = JSON.stringify(copy)
  let at = 0
  for (const change of changes(copy)) {
    if (at++ !== index) continue
    change()
    return JSON.stringify(copy) === before ? undefined : copy
  }
  return null
}

/** All that could be simplified, larger parts first. @param {Program} program @returns {Generator<() => void>} */
function* changes(program) {
  if (program.loops.length > 1) for (const index of program.loops.keys()) yield () => program.loops.splice(index, 1)
  for (const loop of program.loops) yield* inBody(loop.body)
  for (const [name, body] of Object.entries(program.memos)) {
    yield () => {
      delete program.memos[name]
      program.loops = JSON.parse(
        JSON.stringify(program.loops, (_, value) =>
          value?.name === name
            ? value.op === undefined
              ? { kind: 'foreign', ms: 1 }
              : { op: 'foreign', ms: 1 }
            : value,
        ),
      )
    }
    yield* inBody(body)
  }
  for (const loop of program.loops) {
    yield () => {
      loop.form = 'async'
    }
    yield () => {
      loop.budget = 0
    }
    yield () => {
      loop.tidy = true
    }
  }
  yield () => {
    program.outsideFirst = true
  }
}

/** @param {any[]} body @returns {Generator<() => void>} */
function* inBody(body) {
  for (const index of body.keys()) {
    const statement = body[index]
    yield () => body.splice(index, 1)
    const bodies = bodiesOf(statement)
    if (!['later', 'done', 'host', 'handler', 'listen', 'task'].includes(statement.op))
      for (const inner of bodies) yield () => body.splice(index, 1, ...inner)
    for (const list of [statement.items, statement.branches]) {
      if (list?.length > 1) for (const at of list.keys()) yield () => list.splice(at, 1)
    }
    if (statement.ids?.length > 1) for (const at of statement.ids.keys()) yield () => statement.ids.splice(at, 1)
    for (const inner of bodies) yield* inBody(inner)
    yield* plainer(statement)
    for (const item of [statement.item, ...(statement.items ?? [])]) if (item !== undefined) yield* plainer(item)
  }
}

/** @param {any} value @returns {Generator<() => void>} */
function* plainer(value) {
  if (value.form === 'generator')
    yield () => {
      value.form = 'async'
    }
  if (value.at === true)
    yield () => {
      value.at = false
    }
  if (value.signal)
    yield () => {
      value.signal = null
    }
  if (value.eager === true)
    yield () => {
      value.eager = false
    }
  if (value.free === false)
    yield () => {
      value.free = true
    }
  if (typeof value.cleanup === 'number')
    yield () => {
      value.cleanup = null
    }
  if (value.swallow === true)
    yield () => {
      value.swallow = false
    }
  if (value.sync === false && value.op !== undefined)
    yield () => {
      value.sync = true
    }
  if (value.kind !== undefined && value.kind !== 'sleep')
    yield () => {
      const { ms = 5 } = value
      for (const key of Object.keys(value)) delete value[key]
      Object.assign(value, { kind: 'sleep', ms })
    }
  if (['wrap', 'wrapped', 'flag', 'get'].includes(value.op))
    yield () => {
      value.op = 'sleep'
    }
  if (['event', 'iterate', 'request', 'adopt'].includes(value.op))
    yield () => {
      value.op = 'foreign'
    }
  if (value.op === 'memo')
    yield () => {
      Object.assign(value, { op: 'foreign', ms: 5 })
    }
  if (typeof value.ms === 'number' && value.ms > 1)
    yield () => {
      value.ms = 1
    }
}

/** @param {any} statement @returns {any[][]} */
function bodiesOf(statement) {
  return [
    ...(Array.isArray(statement.body) ? [statement.body] : []),
    ...(statement.branches ?? []),
    ...[statement.item, ...(statement.items ?? [])].flatMap((item) => (item?.kind === 'body' ? [item.body] : [])),
  ]
}

/** How many statements it has. @param {Program} program */
export function sizeOf(program) {
  let size = 0
  JSON.stringify(program, (_key, value) => {
    if (typeof value?.op === 'string') size++
    return value
  })
  return size
}
