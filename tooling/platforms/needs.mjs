// What a run needs that is not in the workspace: programs of Debian, and binaries that npm has.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fetchPackage } from '../bootstrap/fetch-package.mjs'
import { execute } from '../bootstrap/stage.mjs'
import { root } from '../bootstrap/workspace.mjs'
import { runtimesFor } from '../runtimes/runtimes.mjs'

/** Git-ignored, like all that is fetched. */
export const tools = join(root, '.tools', 'platforms')

/**
 * Installs Debian's packages unless they are there.
 * @param {readonly string[]} names
 */
export async function debian(names) {
  const missing = names.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0)
  if (missing.length === 0) return
  const command = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing]
  const [program, ...args] = process.getuid?.() === 0 ? command : ['sudo', '--non-interactive', ...command]
  try {
    await execute(/** @type {string} */ (program), args)
  } catch (error) {
    throw new Error(`install these packages of Debian first: ${missing.join(' ')}`, { cause: error })
  }
}

/**
 * The Node of a line for another system, fetched on first use.
 * @param {string} platform
 * @param {string} arch
 * @param {string} line such as "node 22"
 * @returns {Promise<string>} its path
 */
export async function nodeFor(platform, arch, line) {
  const runtime = runtimesFor(platform, arch).find(({ name }) => name === line)
  if (runtime?.package === undefined) throw new Error(`npm has no ${line} for ${platform}-${arch}`)
  const folder = join(tools, `${runtime.package}@${runtime.version}`)
  const path = join(folder, 'node_modules', runtime.package, runtime.binary)
  // npm refuses a package for another system unless it is forced.
  if (!existsSync(path)) await fetchPackage(`${runtime.package}@${runtime.version}`, folder, undefined, ['--force'])
  return path
}

/**
 * Whether a program is on PATH.
 * @param {string} name
 */
export const has = (name) => spawnSync(name, ['--version']).error === undefined

/** The compiler that builds for other systems; see packages/selector-native/scripts/cross.mjs. */
async function compiler() {
  const { zig } = await import('../../packages/selector-native/scripts/cross.mjs')
  return zig()
}

/**
 * Compiles one file for another system.
 * @param {readonly string[]} args
 */
export async function compile(args) {
  const cache = join(root, '.tools', 'zig-cache')
  execFileSync(await compiler(), ['cc', ...args], {
    env: { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache },
    stdio: 'inherit',
  })
}
