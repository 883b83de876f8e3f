// npm run bench:setup: gets the peers that are not npm packages: uvloop from Debian and a newer one through pip, Node
// 24 and Bun through npm.

import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { uvloop, uvloopFolder } from '@loop/bench-kit'
import { execute, stage } from '../../../tooling/bootstrap/stage.mjs'
import { binaryOf } from '../../../tooling/runtimes/fetch.mjs'
import { runtimesFor } from '../../../tooling/runtimes/runtimes.mjs'

/** Installs python3-uvloop, as root or by sudo. */
async function installUvloop() {
  const found = uvloop()
  if (found !== undefined) return `${found.version}, already there`
  if (spawnSync('apt-get', ['--version']).error !== undefined)
    throw new Error('uvloop is installed by apt-get, which is not here: pip install uvloop does the same')
  const isRoot = process.getuid?.() === 0
  if (!isRoot && spawnSync('sudo', ['--version']).error !== undefined)
    throw new Error('apt-get install python3-uvloop needs root, and there is no sudo')
  await execute(isRoot ? 'apt-get' : 'sudo', [
    ...(isRoot ? [] : ['apt-get']),
    'install',
    '-y',
    '--no-install-recommends',
    'python3-uvloop',
  ])
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

const wanted = ['node 24', 'bun']
const done = [await stage('uvloop', installUvloop), await stage(`uvloop ${NEWER}`, installNewerUvloop)]
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
