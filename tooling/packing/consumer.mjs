// A user's project: an empty folder outside the workspace with one package in it, installed from its tarball.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportsOfPackage } from '../checks/entry-points.mjs'
import { blocksOf } from './documentation.mjs'
import { isProgram, toJavaScript } from './readme.mjs'
import { CommandError, execute } from '../bootstrap/stage.mjs'
import { npm } from './tools.mjs'

/** @typedef {import('./packages.mjs').Package} Package */
/** @typedef {import('./packages.mjs').Tarball} Tarball */

/**
 * Makes the project and installs the package with the packages of this workspace it needs; install scripts are off.
 * @param {Package} pkg
 * @param {ReadonlyMap<string, Tarball>} tarballs
 * @param {string} folder
 */
export async function install(pkg, tarballs, folder) {
  emptyProject(folder)
  const files = [pkg.name, ...pkg.needs].map((name) => /** @type {Tarball} */ (tarballs.get(name)).file)
  await npm(['install', '--prefix', folder, '--ignore-scripts', ...files])
}

/** What npm says when there is no network. */
const noNetwork = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED/

/**
 * Installs all tarballs into one project, from the cache where that has what they need.
 * @param {readonly string[]} files
 * @param {string} folder
 * @returns {Promise<string | undefined>} why it could not be done, when that was for want of a network
 */
export async function installAll(files, folder) {
  try {
    await npm(['install', '--prefix', folder, '--ignore-scripts', ...files])
    return undefined
  } catch (error) {
    const code = error instanceof CommandError ? noNetwork.exec(error.output)?.[0] : undefined
    if (code === undefined) throw error
    return `the packages that these depend on could not be fetched: ${code}`
  }
}

/**
 * A folder with a package.json that asks for nothing.
 * @param {string} folder
 * @param {object} [fields] of the package.json
 */
export function emptyProject(folder, fields = {}) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', version: '1.0.0', private: true, type: 'module', ...fields }),
  )
}

/**
 * Writes what the checks run in a project.
 * @param {Package} pkg
 * @param {string} folder
 */
export async function writePrograms(pkg, folder) {
  const write = (/** @type {string} */ name, /** @type {string} */ text) => writeFileSync(join(folder, name), text)
  const print = 'console.log(JSON.stringify(names))\n'
  const list = `const names = {}\nfor (const entry of ${JSON.stringify(pkg.entries)}) names[entry] = Object.keys`
  write('import.mjs', `${list}(await import(entry)).sort()\n${print}`)
  // Node adds __esModule to what require gives of a module with a default export.
  write('require.cjs', `${list}(require(entry)).filter((name) => name !== '__esModule').sort()\n${print}`)
  write('names.ts', importAll(pkg))
  const example = readmeExample(pkg)
  write('example.ts', example)
  write('example.mjs', await toJavaScript(example))
}

/**
 * Imports every entry and requires it: both ways must give the same names, and some.
 * @param {string} binary of the runtime
 * @param {string} folder with the programs
 * @returns {Promise<string[]>} what was wrong
 */
export async function importProblems(binary, folder) {
  const names = (/** @type {string} */ file) => namesOf(binary, join(folder, file))
  const [imported, required] = [await names('import.mjs'), await names('require.cjs')]
  if (Object.values(imported).some((list) => list.length === 0)) return ['an entry exports nothing']
  return JSON.stringify(imported) === JSON.stringify(required)
    ? []
    : [`import gives ${JSON.stringify(imported)}, require ${JSON.stringify(required)}`]
}

/**
 * The exported names of every entry, as a script prints them.
 * @param {string} binary
 * @param {string} script
 * @returns {Promise<Record<string, string[]>>}
 */
async function namesOf(binary, script) {
  const output = await execute(binary, [script])
  const line = output.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new CommandError(script, 0, output)
  return JSON.parse(line)
}

/**
 * The first program of a package's README, with what it leaves to the reader.
 * @param {Package} pkg
 */
function readmeExample(pkg) {
  const block = blocksOf('README.md', readFileSync(join(pkg.folder, 'README.md'), 'utf8'))[0]
  if (block === undefined || !isProgram(block.code))
    throw new Error(`${pkg.name}: README.md does not begin with a whole program`)
  return `${block.given}\n${block.code}`
}

/**
 * A file that imports the type of every exported name.
 * @param {Package} pkg
 */
function importAll({ name, folder }) {
  const entries = exportsOfPackage(folder).map(({ entry, names }, i) => {
    const renamed = names.map((each) => `${each} as entry${i}${each}`) // two entries may export one name
    return `export type { ${renamed.join(', ')} } from '${name}${entry.slice(1)}'\n`
  })
  return entries.join('')
}
