/** Which Python the programs are compared with. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** @typedef {{ command: string, version: string }} Python */

/** The version whose rules core and sync follow. */
export const REFERENCE = '3.13'
/** The first with task groups and `asyncio.timeout`. */
const OLDEST = '3.11'

/** Whether one version is at least another, by its first two numbers. @param {string} version @param {string} least */
export function atLeast(version, least) {
  const [a = 0, b = 0] = version.split('.').map(Number)
  const [c = 0, d = 0] = least.split('.').map(Number)
  return a > c || (a === c && b >= d)
}

/**
 * The Python to compare with: the one that the variable PYTHON names, whatever its version; else the first of the
 * reference's version (`python3.13` on PATH, then those of pyenv); else any `python3` from 3.11 on. Null without one.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Python | null}
 */
export function findPython(env = process.env) {
  const named = env['PYTHON']
  if (named !== undefined && named !== '') return ask(named)
  const found = findReference(env)
  if (found !== null) return found
  const other = ask('python3')
  return other !== null && atLeast(other.version, OLDEST) ? other : null
}

/** A Python of the reference's version, or null. @param {NodeJS.ProcessEnv} [env] @returns {Python | null} */
export function findReference(env = process.env) {
  for (const command of [`python${REFERENCE}`, ...ofPyenv(env), 'python3']) {
    const found = ask(command)
    if (found !== null && isReference(found)) return found
  }
  return null
}

/** @param {Python} python */
export const isReference = ({ version }) => version.startsWith(`${REFERENCE}.`)

/** What a command says it is; null when it does not run. @param {string} command @returns {Python | null} */
function ask(command) {
  const answer = spawnSync(command, ['-c', 'import sys; print(sys.version.split()[0])'], {
    encoding: 'utf8',
    timeout: 10_000,
  })
  return answer.status === 0 ? { command, version: answer.stdout.trim() } : null
}

/** The reference's interpreters under pyenv, newest first. @param {NodeJS.ProcessEnv} env */
function ofPyenv(env) {
  const versions = join(env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions')
  try {
    const names = readdirSync(versions).filter((name) => name.startsWith(`${REFERENCE}.`))
    names.sort((a, b) => Number(b.split('.')[2]) - Number(a.split('.')[2]))
    return names.map((name) => join(versions, name, 'bin', 'python3'))
  } catch {
    return []
  }
}
