// Fetches one npm package into a folder of its own, outside of the workspace.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { execute, node } from './stage.mjs'

/**
 * Installs a package beside its final place and moves it there, so that an interrupted download leaves nothing half
 * done. Install scripts do not run.
 * @param {string} spec such as "pnpm@10.1.0"
 * @param {string} folder gets a node_modules folder with the package
 */
export async function fetchPackage(spec, folder) {
  const partial = `${folder}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  try {
    writeFileSync(`${partial}/package.json`, '{ "private": true }\n')
    await npm(['install', '--prefix', partial, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', spec])
    move(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
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
