// Windows: its Node, from npm, in wine.

import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile, debian, nodeFor, tools } from './needs.mjs'
import { makeTree } from './tree.mjs'

/** wine 8 ends Node 24 at its start. */
export const lines = ['node 20', 'node 22']

export const suites = [
  ...['core', 'sync', 'policy', 'selector-poll', 'selector-native', 'net'],
  ...['executor', 'scheduler', 'signals', 'runtime', 'monitor'],
]

const prefix = join(tools, 'wine-prefix')
const settings = { WINEPREFIX: prefix, WINEDEBUG: '-all', WINEARCH: 'win64' }

/** A path of ours under wine: the root of the file system is drive Z. @param {string} path */
const windowsPath = (path) => `Z:${path.replaceAll('/', '\\')}`

/**
 * Installs wine and brings the copy of the checkout up to date.
 * @param {NodeJS.ProcessEnv} env with pnpm on PATH
 * @returns {Promise<string>} the copy
 */
export async function prepareWine(env) {
  await debian(['wine', 'wine64'])
  const run = (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
    execFileSync(program, args, { env: { ...process.env, ...settings }, stdio: 'ignore' })
  if (!existsSync(join(prefix, 'system.reg'))) {
    mkdirSync(dirname(prefix), { recursive: true })
    run('wine', 'wineboot', '--init')
    run('wine', 'winecfg', '-v', 'win10')
  }
  const library = join(prefix, 'drive_c', 'windows', 'system32', 'bcryptprimitives.dll')
  const source = fileURLToPath(new URL('process_prng.c', import.meta.url))
  if (!existsSync(library))
    await compile(['-target', 'x86_64-windows-gnu', '-shared', '-O2', '-o', library, source, '-ladvapi32'])
  const tree = join(tools, 'windows')
  await makeTree(tree, { os: 'win32', cpu: 'x64' }, env)
  return tree
}

/**
 * Windows with the Node of a line.
 * @param {string} tree
 * @param {string} line
 * @param {string} [name] of the executable: the addon must not mind
 * @returns {Promise<import('./suites.mjs').System>}
 */
export async function windows(tree, line, name) {
  const node = await nodeFor('win32', 'x64', line)
  const program = name === undefined ? node : join(dirname(node), name)
  if (name !== undefined) copyFileSync(node, program)
  return {
    name: 'wine',
    runtime: name === undefined ? `Windows ${line}` : `Windows ${line} as ${name}`,
    tree,
    scratch: join(tools, `reports-${line.replace(' ', '')}-${name ?? 'node.exe'}`),
    command: (args) => ['wine', [program, ...args]],
    path: windowsPath,
    env: settings,
    end: () => execFileSync('wineserver', ['-k'], { env: { ...process.env, ...settings } }),
  }
}
