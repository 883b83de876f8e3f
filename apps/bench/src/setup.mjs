// npm run bench:setup: gets the peers that are not npm packages: uvloop from Debian and a newer one through pip, lines
// of Node and Bun through npm, redis, wrk and uvicorn from Debian.

import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { uvloop, uvloopFolder } from '@loop/bench-kit'
import { execute, stage } from '../../../tooling/bootstrap/stage.mjs'
import { binaryOf } from '../../../tooling/runtimes/fetch.mjs'
import { runtimesFor } from '../../../tooling/runtimes/runtimes.mjs'

/**
 * Installs Debian's packages, as root or by sudo.
 * @param {readonly string[]} packages
 */
async function aptInstall(packages) {
  if (spawnSync('apt-get', ['--version']).error !== undefined)
    throw new Error(`${packages.join(', ')} would be installed by apt-get, which is not here`)
  const isRoot = process.getuid?.() === 0
  if (!isRoot && spawnSync('sudo', ['--version']).error !== undefined)
    throw new Error(`apt-get install ${packages.join(' ')} needs root, and there is no sudo`)
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages]
  await execute(isRoot ? 'apt-get' : 'sudo', isRoot ? command.slice(1) : command)
}

/** The load generators of real protocols, and the servers beside them. */
async function installProtocolTools() {
  const wanted = [
    ['redis-benchmark', 'redis-tools'],
    ['redis-server', 'redis-server'],
    ['wrk', 'wrk'],
  ].flatMap(([program = '', name = '']) => (spawnSync(program, ['--version']).error === undefined ? [] : [name]))
  if (spawnSync(uvloop()?.path ?? 'python3', ['-c', 'import uvicorn']).status !== 0) wanted.push('python3-uvicorn')
  if (wanted.length === 0) return 'already there'
  await aptInstall(wanted)
  return `installed ${wanted.join(', ')}`
}

/** Installs python3-uvloop. */
async function installUvloop() {
  const found = uvloop()
  if (found !== undefined) return `${found.version}, already there`
  await aptInstall(['python3-uvloop'])
  return 'installed python3-uvloop'
}

/**
 * Newer than Debian's, and another server: 0.17 puts the writes of a callback together, this one sends each at once.
 */
const NEWER = '0.23.0'

/** Installs a newer uvloop into an environment of its own. */
async function installNewerUvloop() {
  const python = join(uvloopFolder, 'bin', 'python')
  if (existsSync(python)) return `${NEWER} is in .tools/uvloop`
  try {
    await execute('python3', ['-m', 'venv', uvloopFolder])
    await execute(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `uvloop==${NEWER}`])
    return `${NEWER} is in .tools/uvloop`
  } catch (error) {
    rmSync(uvloopFolder, { recursive: true, force: true })
    throw error
  }
}

const wanted = ['node 20', 'node 24', 'node 26', 'bun']
const done = [
  await stage('uvloop', installUvloop),
  await stage(`uvloop ${NEWER}`, installNewerUvloop),
  await stage('redis, wrk and uvicorn', installProtocolTools),
]
for (const runtime of runtimesFor().filter(({ name }) => wanted.includes(name))) {
  done.push(
    await stage(runtime.name, async () => {
      await binaryOf(runtime)
      return `${runtime.version} is in .tools/runtimes`
    }),
  )
}
console.log(
  done.every(Boolean)
    ? '\nAll peers are here: npm run bench'
    : '\nWhat failed is named in the report as not measured; the rest is measured.',
)
process.exitCode = done.every(Boolean) ? 0 : 1
