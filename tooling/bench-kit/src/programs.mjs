/** The usual contender: a program that gets its arguments and the point, measures, and prints its values as JSON. */
import { fileURLToPath } from 'node:url'
import { python, uvloop } from './peers.mjs'
import { runForJson } from './processes.mjs'

/** @typedef {import('./types.mjs').Measuring} Measuring */

/**
 * Measures by a program in Node: `node FILE ...args '{"label":…}'`.
 * @param {URL} file
 * @param {readonly string[]} [args]
 * @param {{ nodeArgs?: readonly string[], limitMs?: number }} [options]
 * @returns {Measuring}
 */
export const inNode = (file, args = [], { nodeArgs = [], limitMs } = {}) =>
  onNode((point, context) =>
    runForJson(
      [context.node, ...nodeArgs, ...context.nodeArgs, fileURLToPath(file), ...args, JSON.stringify(point)],
      limitMs === undefined ? {} : { limitMs },
    ),
  )

/**
 * Marks a measuring that runs on `context.node`.
 * @param {Measuring} measure
 * @returns {Measuring}
 */
export const onNode = (measure) => Object.assign(measure, { onNode: /** @type {const} */ (true) })

/**
 * Measures by a program in Python, on asyncio's own loop or on uvloop: `python3 FILE asyncio|uvloop ...args
 * '{"label":…}'`.
 * @param {'asyncio' | 'uvloop'} loop
 * @param {URL} file
 * @param {readonly string[]} [args]
 * @returns {Measuring}
 */
export const inPython =
  (loop, file, args = []) =>
  (point) => {
    const found = loop === 'uvloop' ? uvloop() : python()
    return runForJson([found?.path ?? 'python3', fileURLToPath(file), loop, ...args, JSON.stringify(point)])
  }

/**
 * The two Python contenders, by one program.
 * @param {URL} file
 * @param {readonly string[]} [args]
 * @returns {import('./types.mjs').Contender[]}
 */
export const pythonLoops = (file, args = []) => [
  {
    name: 'asyncio',
    title: 'asyncio',
    ...pythonPeer('asyncio'),
    kind: 'peer',
    measure: inPython('asyncio', file, args),
  },
  { name: 'uvloop', title: 'uvloop', ...pythonPeer('uvloop'), kind: 'peer', measure: inPython('uvloop', file, args) },
]

/**
 * Version and availability of a Python loop.
 * @param {'asyncio' | 'uvloop'} loop
 */
export function pythonPeer(loop) {
  return {
    get version() {
      const found = loop === 'uvloop' ? uvloop() : python()
      return found?.version ?? 'not found'
    },
    unavailable: () => {
      if (loop === 'uvloop')
        return uvloop() === undefined ? 'no Python with uvloop (npm run bench:setup installs it)' : undefined
      return python() === undefined ? 'no python3' : undefined
    },
  }
}
