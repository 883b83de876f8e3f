/** Which Node the programs run on: the line that most people have leads, others are shown beside it. */
import { binaryOf } from '../../runtimes/fetch.mjs'
import { runtimesFor } from '../../runtimes/runtimes.mjs'
import { nodeOf } from './peers.mjs'

/**
 * @typedef {object} NodeLine
 * @property {string} major such as "24"
 * @property {string} [path]
 * @property {string} [version]
 * @property {string} [problem] why it cannot be had
 */

/** The line in long-term support. */
export const LEADING_NODE = '24'

/**
 * Finds lines of Node, and fetches what is not here.
 * @param {readonly string[]} majors
 * @returns {Promise<NodeLine[]>} in the same order; one that cannot be had has a `problem`
 */
export const nodeLines = (majors) => Promise.all(majors.map(nodeLine))

/**
 * @param {string} major
 * @returns {Promise<NodeLine>}
 */
async function nodeLine(major) {
  const here = nodeOf(major)
  if (here !== undefined) return { major, ...here }
  const runtimes = runtimesFor().filter(({ name }) => name.startsWith('node '))
  const runtime = runtimes.find(({ name }) => name === `node ${major}`)
  if (runtime === undefined)
    return {
      major,
      problem: `there is no Node ${major} to fetch; there are ${runtimes.map(({ name }) => name.slice(5)).join(', ')}`,
    }
  try {
    return { major, path: await binaryOf(runtime), version: `v${runtime.version}` }
  } catch (error) {
    return { major, problem: /** @type {Error} */ (error).message }
  }
}
