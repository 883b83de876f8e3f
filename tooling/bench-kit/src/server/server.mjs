/**
 * Measurements of a server: it in a process on one core, the load generator in C on another, for a window of time.
 * Servers print their port and end with their input.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

/** A folder for this run, taken away with the process. */
export function temporary() {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'loop-bench-'))
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
    folder = made
  }
  return folder
}

/**
 * Compiles a C file, once a run; where the binary is.
 * @param {URL} file
 * @param {readonly string[]} [flags] such as "-DTLS", "-lssl"
 */
export function compiled(file, flags = []) {
  const source = fileURLToPath(file)
  const name = [source, ...flags].join(' ')
  const known = binaries.get(name)
  if (known !== undefined) return known
  const binary = join(temporary(), `${basename(source, '.c')}${flags.join('')}`)
  execFileSync(cc()?.path ?? 'cc', ['-O2', '-Wall', '-Wextra', '-o', binary, source, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  binaries.set(name, binary)
  return binary
}

const tlsFlags = ['-DTLS', '-lssl', '-lcrypto']

/** @param {Record<string, unknown>} point */
const load = ({ tls, udp }) =>
  udp === true
    ? compiled(new URL('udp.c', import.meta.url))
    : compiled(new URL('load.c', import.meta.url), tls === true ? tlsFlags : [])

/** @type {{ problem: string | undefined } | undefined} */
let tlsSeen

/** Why TLS servers cannot be measured here. */
export function tlsProblem() {
  tlsSeen ??= { problem: serverProblem() ?? findTlsProblem() }
  return tlsSeen.problem
}

function findTlsProblem() {
  if (spawnSync('openssl', ['version']).error !== undefined) return 'no openssl to make a certificate with'
  try {
    load({ tls: true })
    return undefined
  } catch {
    return 'no headers of OpenSSL for the load generator (libssl-dev)'
  }
}

/** Key and certificate of a server, made for this run: an elliptic curve, as most servers have today. */
export function certificate() {
  const key = join(temporary(), 'key.pem')
  const cert = join(temporary(), 'cert.pem')
  if (!existsSync(cert))
    execFileSync(
      'openssl',
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -keyout'
        .split(' ')
        .concat(key, '-out', cert),
      { stdio: 'ignore' },
    )
  return { key, cert }
}

/** A path for a unix socket: short enough for the system, and new each time. */
export const socketPath = () => join(temporary(), `${++sockets}.sock`)
let sockets = 0

/** A minute: a load lasts some seconds, and one that waits for a server that hangs would wait for ever. */
const LOAD_MS = 60_000

/** Whether a process can be kept on one core: Linux's taskset, and two cores. */
const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).error === undefined

/**
 * @param {number} core
 * @param {readonly unknown[]} command
 */
export const pinned = (core, command) => [...(canPin ? ['taskset', '-c', core] : []), ...command].map(String)

/**
 * Messages a second, CPU microseconds of each, percentiles of the round trip. The point has `connections`, `bytes`, and
 * may have `mode` (echo, churn or resume), `tls`, `udp`, `pipeline`, `warmUp` and `window` in seconds.
 * @param {readonly string[]} command the server's
 * @param {Point} point
 * @returns {Promise<Values>}
 */
export function measureServer(
  command,
  { mode = 'echo', tls, udp, connections, bytes, pipeline = 1, warmUp = WARM_UP, window = WINDOW },
) {
  const generator = load({ tls, udp })
  return withServer(command, async (port, pid) => {
    const { count, seconds, cpuNs, p50us, p99us } = await runForJson(
      pinned(1, [generator, mode, port, pid, connections, bytes, pipeline, warmUp, window]),
      { limitMs: LOAD_MS },
    )
    return { rate: count / seconds, cpu: cpuNs / count / 1000, p50: p50us, p99: p99us }
  })
}

/**
 * As {@link measureServer}, with nobody kept on a core: of a server on several. Without CPU time, which its processes do
 * not share.
 * @param {readonly string[]} command the server's
 * @param {Point} point
 * @returns {Promise<Values>}
 */
export const measureOnAllCores = (command, { connections, bytes, pipeline = 1, warmUp = WARM_UP, window = WINDOW }) =>
  withServer(
    command,
    async (port, pid) => {
      const { count, seconds, p50us } = await runForJson(
        [load({}), 'echo', port, pid, connections, bytes, pipeline, warmUp, window].map(String),
        { limitMs: LOAD_MS },
      )
      return { rate: count / seconds, p50: p50us }
    },
    { core: null },
  )

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
    const first = await hold(port, pid, Number(point['warm'] ?? 1000), point)
    try {
      const before = memoryOf(pid)
      const second = await hold(port, pid, connections, point)
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
 * @param {{ core?: number | null }} [options] the core that the server is kept on: the first, or none
 */
export async function withServer(command, use, { core = 0 } = {}) {
  const server = start(core === null ? command : pinned(core, command), { stdio: ['pipe', 'pipe', 'pipe'] })
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
 * @param {Point} point
 */
async function hold(port, pid, connections, point) {
  const client = start([load(point), 'idle', port, pid, connections, 64].map(String), {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
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

/**
 * How evenly workers share the connections that come: the least share of a worker, in per cent of what is even. Each
 * worker sends its number to whoever connects. The point has `connections` and `workers`.
 * @param {readonly string[]} command the server's
 * @param {Point} point
 * @returns {Promise<Values>}
 */
export const measureAccepts = (command, { connections, workers }) =>
  withServer(
    command,
    async (port, pid) => {
      const { counts } = await runForJson([load({}), 'accepted', port, pid, connections, 1].map(String), {
        limitMs: LOAD_MS,
      })
      const least = counts.length < Number(workers) ? 0 : Math.min(...counts)
      return { least: (100 * least * Number(workers)) / Number(connections) }
    },
    { core: null },
  )
