/**
 * Measurements of a server: it in a process on one core, the load generator in C on another, for a window of time.
 * Servers print their port and end with their input.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cc } from '../peers.mjs'
import { complaintOf, end, runForJson, start } from '../processes.mjs'

/** @typedef {import('../types.mjs').Context} Context */
/** @typedef {import('../types.mjs').Point} Point */
/** @typedef {import('../types.mjs').Values} Values */

/**
 * Seconds before and in the window, unless the point says otherwise: compilers settle in the first, two runs differ by
 * a few per cent in the second.
 */
const WARM_UP = 0.4
const WINDOW = 0.5

/** The measures of an echo; `rate` counts messages, or connections where they are churned. */
export const echoMeasures = {
  rate: { title: 'messages', unit: '1/s', better: /** @type {const} */ ('more') },
  cpu: { title: "server's CPU time a message", unit: 'µs', better: /** @type {const} */ ('less') },
  p50: { title: 'median round trip', unit: 'µs', better: /** @type {const} */ ('less') },
}

/** Why servers cannot be measured here. */
export function serverProblem() {
  if (process.platform !== 'linux') return `the load generator is for Linux, not ${process.platform}`
  return cc() === undefined ? 'no C compiler for the load generator' : undefined
}

/** @type {string | undefined} */
let folder
/** @type {Map<string, string>} */
const binaries = new Map()

/**
 * Compiles a C file, once a run; where the binary is.
 * @param {URL} file
 */
export function compiled(file) {
  const source = fileURLToPath(file)
  const known = binaries.get(source)
  if (known !== undefined) return known
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'loop-bench-'))
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
    folder = made
  }
  const binary = join(folder, basename(source, '.c'))
  execFileSync(cc()?.path ?? 'cc', ['-O2', '-Wall', '-Wextra', '-o', binary, source], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  binaries.set(source, binary)
  return binary
}

const load = () => compiled(new URL('load.c', import.meta.url))

/** A minute: a load lasts some seconds, and one that waits for a server that hangs would wait for ever. */
const LOAD_MS = 60_000

/** Whether a process can be kept on one core: Linux's taskset, and two cores. */
const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).error === undefined

/**
 * @param {number} core
 * @param {readonly unknown[]} command
 */
const pinned = (core, command) => [...(canPin ? ['taskset', '-c', core] : []), ...command].map(String)

/**
 * Messages a second, CPU microseconds of each, percentiles of the round trip. The point has `connections`, `bytes`, and
 * may have `mode` (echo or churn), `pipeline`, `warmUp` and `window` in seconds.
 * @param {readonly string[]} command the server's
 * @param {Point} point
 * @returns {Promise<Values>}
 */
export function measureServer(
  command,
  { mode = 'echo', connections, bytes, pipeline = 1, warmUp = WARM_UP, window = WINDOW },
) {
  return withServer(command, async (port, pid) => {
    const { count, seconds, cpuNs, p50us } = await runForJson(
      pinned(1, [load(), mode, port, pid, connections, bytes, pipeline, warmUp, window]),
      { limitMs: LOAD_MS },
    )
    return { rate: count / seconds, cpu: cpuNs / count / 1000, p50: p50us }
  })
}

/**
 * Bytes of user-space memory that each idle connection costs, after one echo over each. The point has `connections`.
 * @param {readonly string[]} command the server's
 * @param {Point} point
 * @returns {Promise<Values>}
 */
export function measureIdleMemory(command, point) {
  const connections = Number(point['connections'])
  return withServer(command, async (port, pid) => {
    // A first thousand warms up what is paid once.
    const first = await hold(port, pid, 1000)
    try {
      const before = memoryOf(pid)
      const second = await hold(port, pid, connections)
      const bytes = (memoryOf(pid) - before) / connections
      end(second)
      return { bytes }
    } finally {
      end(first)
    }
  })
}

/**
 * Runs `use` beside a server.
 * @template T
 * @param {readonly string[]} command
 * @param {(port: string, pid: number) => Promise<T>} use
 */
async function withServer(command, use) {
  const server = start(pinned(0, command), { stdio: ['pipe', 'pipe', 'pipe'] })
  // A command that is not there has an error and no end.
  const ended = once(server, 'close').catch(() => undefined)
  let complaint = ''
  server.stderr?.on('data', (text) => (complaint += text))
  try {
    const port = await firstLine(server)
    if (port === undefined)
      throw new Error(`the server did not start: ${complaintOf(complaint) ?? 'it printed no port'}`)
    return await use(port, /** @type {number} */ (server.pid))
  } finally {
    end(server)
    await ended
  }
}

/**
 * Opens connections, one echo over each, and keeps them.
 * @param {string} port
 * @param {number} pid
 * @param {number} connections
 */
async function hold(port, pid, connections) {
  const client = start([load(), 'idle', port, pid, connections, 64].map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
  if ((await firstLine(client)) !== undefined) return client
  end(client)
  throw new Error(`${connections} connections could not be opened`)
}

/** Half a minute: five thousand connections are opened within two seconds. */
const START_MS = 30_000

/**
 * What a process prints first; undefined when it ends without, or prints nothing for too long and is ended.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<string | undefined>}
 */
async function firstLine(child) {
  const limit = setTimeout(() => end(child), START_MS)
  try {
    for await (const line of createInterface(/** @type {import('node:stream').Readable} */ (child.stdout))) return line
    return undefined
  } finally {
    clearTimeout(limit)
  }
}

/**
 * Memory in user space of a process in bytes.
 * @param {number} pid
 */
const memoryOf = (pid) => Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
