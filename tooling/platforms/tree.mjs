// A copy of the checkout with the third-party packages of another system, as real folders.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execute } from '../bootstrap/stage.mjs'
import { readJson, root, workspaceFolders } from '../bootstrap/workspace.mjs'

/**
 * Makes the copy, or brings it up to date; third-party packages are installed again only when the lock file changed.
 * @param {string} folder
 * @param {{ os: string, cpu: string }} system as npm names it
 * @param {NodeJS.ProcessEnv} env with pnpm on PATH
 */
export async function makeTree(folder, system, env) {
  mkdirSync(folder, { recursive: true })
  copySources(folder)
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  const stamp = join(folder, 'node_modules', '.lock-of-this')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    const fixed = ['--frozen-lockfile', '--ignore-scripts', '--prefer-offline', '--config.node-linker=hoisted']
    await execute('pnpm', ['--dir', folder, 'install', ...fixed, `--os=${system.os}`, `--cpu=${system.cpu}`], { env })
    writeFileSync(stamp, lock)
  }
  placePackages(folder)
}

/** The files that git knows or would add, without what was copied before. @param {string} folder */
function copySources(folder) {
  removeSources(folder, 2)
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
  for (const path of new Set(listed.split('\0'))) {
    if (path === '' || !existsSync(join(root, path))) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(root, path), join(folder, path))
  }
}

/**
 * Removes everything but folders of third-party packages, which lie so deep at most.
 * @param {string} folder
 * @param {number} depth
 */
function removeSources(folder, depth) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth > 0) removeSources(path, depth - 1)
    else rmSync(path, { recursive: true })
  }
}

/**
 * The workspace's packages among the others, in one place, as copies: Windows under wine takes a link for a folder, and
 * what is reached by two paths is loaded twice.
 * @param {string} folder
 */
function placePackages(folder) {
  for (const path of workspaceFolders(folder)) {
    rmSync(join(folder, path, 'node_modules', '@loop'), { recursive: true, force: true })
    const { name } = readJson(join(folder, path, 'package.json'))
    const place = join(folder, 'node_modules', name)
    rmSync(place, { recursive: true, force: true })
    cpSync(join(folder, path), place, { recursive: true, filter: (from) => !from.endsWith('node_modules') })
  }
}
