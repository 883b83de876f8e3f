// What size-limit measures (.size-limit.mjs), as results of the checks.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CommandError, node } from '../bootstrap/stage.mjs'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Size
 * @property {string} name of what was bundled
 * @property {number} size in bytes
 * @property {number} sizeLimit in bytes
 * @property {boolean} passed
 */

/**
 * Measures all sizes.
 * @returns {Promise<Size[]>}
 */
export async function sizes() {
  const program = join(dirname(createRequire(import.meta.url).resolve('size-limit/package.json')), 'bin.js')
  const args = [program, '--json', '--config', fileURLToPath(new URL('.size-limit.mjs', import.meta.url))]
  try {
    return JSON.parse(await node(args, { cwd: fileURLToPath(new URL('.', import.meta.url)) }))
  } catch (error) {
    // Too large is a result, too.
    if (error instanceof CommandError && error.output.trimStart().startsWith('[')) return JSON.parse(error.output)
    throw error
  }
}

/** Bytes as a person reads them. */
export const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`
