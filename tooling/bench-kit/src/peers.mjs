/**
 * Finds the peers that are not npm packages. `npm run bench:setup` installs what is missing; the environment names
 * others: LOOP_BENCH_PYTHON, LOOP_BENCH_BUN, LOOP_BENCH_NODES="24=/path/to/node", CC.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { root } from '../../bootstrap/workspace.mjs'
import { placeOf } from '../../runtimes/fetch.mjs'
import { runtimesFor } from '../../runtimes/runtimes.mjs'

/** @typedef {{ path: string, version: string }} Found */

/**
 * Looks once.
 * @param {() => Found | undefined} look
 */
function once(look) {
  /** @type {{ found: Found | undefined } | undefined} */
  let seen
  return () => (seen ??= { found: look() }).found
}

/**
 * What a command prints; undefined when it is not there or fails.
 * @param {string} program
 * @param {...string} args
 */
function output(program, ...args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** Where `npm run bench:setup` puts a Python with a newer uvloop than Debian's. */
export const uvloopFolder = join(root, '.tools', 'uvloop')

/**
 * The interpreter itself and a version: a shim on PATH would be timed with it.
 * @param {string} code an expression for the version
 * @param {readonly string[]} programs
 */
function pythonWith(code, programs) {
  for (const program of process.env.LOOP_BENCH_PYTHON === undefined ? programs : [process.env.LOOP_BENCH_PYTHON]) {
    const [path, version] =
      output(program, '-c', `import sys, platform\nprint(sys.executable)\n${code}`)?.split('\n') ?? []
    if (path !== undefined && version !== undefined) return { path, version }
  }
  return undefined
}

/** CPython, for asyncio. */
export const python = once(() =>
  pythonWith('print("CPython " + platform.python_version())', ['python3', '/usr/bin/python3']),
)

/** A CPython that has uvloop: the one set up here, the first on PATH, or the system's. */
export const uvloop = once(() =>
  pythonWith('import uvloop\nprint(uvloop.__version__ + " on CPython " + platform.python_version())', [
    join(uvloopFolder, 'bin', 'python'),
    'python3',
    '/usr/bin/python3',
  ]),
)

/** A C compiler. */
export const cc = once(() => {
  const path = process.env.CC ?? 'cc'
  const version = output(path, '--version')?.split('\n')[0]
  return version === undefined ? undefined : { path, version }
})

/** Bun: named by the environment, fetched, or on PATH. */
export const bun = once(() => {
  for (const path of [process.env.LOOP_BENCH_BUN, fetched('bun'), 'bun']) {
    const version = path === undefined ? undefined : output(path, '--version')
    if (path !== undefined && version !== undefined) return { path, version }
  }
  return undefined
})

/**
 * A Node of another line: this one, named by the environment, or fetched.
 * @param {string} major
 * @returns {Found | undefined}
 */
export function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return { path: process.execPath, version: process.version }
  const named = (process.env.LOOP_BENCH_NODES ?? '')
    .split(',')
    .map((entry) => entry.split('='))
    .find(([name]) => name === major)?.[1]
  const path = named ?? fetched(`node ${major}`)
  const version = path === undefined ? undefined : output(path, '--version')
  return path === undefined || version === undefined ? undefined : { path, version }
}

/**
 * Where a runtime lies that was fetched before.
 * @param {string} name
 */
function fetched(name) {
  const runtime = runtimesFor().find((entry) => entry.name === name)
  const path = runtime && placeOf(runtime)
  return path !== undefined && existsSync(path) ? path : undefined
}
