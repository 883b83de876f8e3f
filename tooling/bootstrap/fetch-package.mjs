// Fetches one npm package into a folder of its own, outside of the workspace.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execute, node } from './stage.mjs'
import { readJson } from './workspace.mjs'

/**
 * Installs a package beside its final place and moves it there, so that an interrupted download leaves nothing half
 * done. Install scripts do not run.
 * @param {string} spec such as "pnpm@10.1.0"
 * @param {string} folder gets a node_modules folder with the package
 * @param {string} [sha512] of the tarball that is wanted, in hexadecimal digits
 * @param {readonly string[]} [more] arguments of npm
 */
export async function fetchPackage(spec, folder, sha512, more = []) {
  const partial = `${folder}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  try {
    writeFileSync(`${partial}/package.json`, '{ "private": true }\n')
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    await npm(['install', '--prefix', partial, ...quiet, ...more, spec])
    if (sha512 !== undefined) checkHash(spec, partial, sha512)
    move(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/**
 * Throws when npm installed another tarball than the one that is wanted. npm has compared the tarball with the hash that it
 * notes.
 * @param {string} spec
 * @param {string} folder
 * @param {string} sha512
 */
export function checkHash(spec, folder, sha512) {
  const name = spec.slice(0, spec.lastIndexOf('@'))
  const { packages } = readJson(join(folder, 'node_modules', '.package-lock.json'))
  /** @type {string} */
  const integrity = packages[`node_modules/${name}`]?.integrity ?? 'none'
  const wanted = `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`
  if (!integrity.split(' ').includes(wanted))
    throw new Error(`${spec} is not the package that package.json pins: its hash is ${integrity}, not ${wanted}`)
}

/**
 * Moves a folder to its place, unless another process that fetched the same thing was quicker.
 * @param {string} from
 * @param {string} to
 */
function move(from, to) {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}

/**
 * Runs the npm that started us, else the one on PATH.
 * @param {readonly string[]} args
 */
function npm(args) {
  const script = process.env.npm_execpath
  return script?.endsWith('npm-cli.js') ? node([script, ...args]) : execute('npm', args)
}
