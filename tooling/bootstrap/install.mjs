// Installs from the frozen lock file, and does nothing when nothing changed since the last time: a stamp in
// node_modules holds the hash of everything that decides the outcome.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execute } from './stage.mjs'
import { readJson, root, workspaceFolders } from './workspace.mjs'

/**
 * The hash of the lock file, the workspace file and all package.json files, for this platform.
 * @param {string} [from] root folder
 */
export function installHash(from = root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...workspaceFolders(from).map((f) => `${f}/package.json`),
  ]
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(from, file)))
  return hash.digest('hex')
}

/**
 * Whether the folders an install made are there and were made from exactly these files.
 * @param {string} hash
 * @param {string} [from] root folder
 */
export function isInstalled(hash, from = root) {
  const stamp = stampFile(from)
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) return false
  return workspaceFolders(from).every((folder) => {
    const { dependencies = {}, devDependencies = {} } = readJson(join(from, folder, 'package.json'))
    const some = Object.keys({ ...dependencies, ...devDependencies }).length > 0
    return !some || existsSync(join(from, folder, 'node_modules'))
  })
}

const stampFile = (/** @type {string} */ from) => join(from, 'node_modules', '.loop-install')

/**
 * Installs when needed.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} what happened, in a word or two
 */
export async function install(env) {
  const hash = installHash()
  if (isInstalled(hash)) return 'unchanged'
  // Without a terminal pnpm cannot ask whether it may replace a node_modules folder of another layout.
  await execute('pnpm', ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'], { env })
  writeFileSync(stampFile(root), hash)
  return 'installed'
}
