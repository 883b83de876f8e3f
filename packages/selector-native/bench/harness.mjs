/**
 * One measurement: a server in a process of its own on one core, the load generator on another, for a window of time.
 * Servers print their port and end with their input.
 */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
export const directory = dirname(fileURLToPath(import.meta.url))
const binaries = mkdtempSync(join(tmpdir(), 'loop-bench-'))
const canPin = availableParallelism() >= 2 && !spawnSync('taskset', ['--version']).error

/** Seconds before and in the window: JIT compilers settle in the first, two runs differ by a few per cent in the second. */
const WARM_UP = 0.7
const WINDOW = 0.8

/** Compiles a C file of the benchmark; where the binary is. */
export function compile(file) {
  const binary = join(binaries, file.replaceAll(/\W/g, '-'))
  execFileSync(process.env.CC ?? 'cc', ['-O2', '-Wall', '-Wextra', '-o', binary, join(directory, file)], { stdio: 'inherit' })
  return binary
}

/** Puts a command on a core, where that is possible. */
const pinned = (core, command) => (canPin ? ['taskset', '-c', String(core), ...command] : command)

/** Runs `use` with a contender's server. */
async function withServer(command, use) {
  const [file, ...args] = pinned(0, command)
  const server = spawn(file, args, { cwd: directory, stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]()
    const { value: port, done } = await lines.next()
    if (done) throw new Error(`the server did not start: ${command.join(' ')}`)
    return await use(port, server.pid)
  } finally {
    const ended = server.exitCode === null ? once(server, 'close') : null
    server.stdin.destroy()
    server.kill()
    await ended
  }
}

/** What the load generator measured on a server: messages a second, CPU microseconds of each, percentiles. */
export function measure(load, command, { mode = 'echo', connections, bytes, pipeline = 1 }) {
  return withServer(command, async (port, pid) => {
    const [file, ...args] = pinned(1, [load, mode, port, pid, connections, bytes, pipeline, WARM_UP, WINDOW].map(String))
    const { stdout } = await execute(file, args, { timeout: 60_000 })
    const { count, seconds, cpuNs, p50us, p99us } = JSON.parse(stdout)
    return { rate: count / seconds, cpu: cpuNs / count / 1000, p50: p50us, p99: p99us }
  })
}

/** Memory in user space of a process in bytes. */
const memoryOf = (pid) => Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024

/** Bytes of memory that each idle connection costs a server, after one echo over each. */
export function idleMemory(load, command, connections) {
  return withServer(command, async (port, pid) => {
    // A first thousand warms up what is paid once.
    const first = await held(load, port, pid, 1000)
    const before = memoryOf(pid)
    const second = await held(load, port, pid, connections)
    const after = memoryOf(pid)
    first.stdin.end()
    second.stdin.end()
    return { bytes: (after - before) / connections }
  })
}

async function held(load, port, pid, connections) {
  const client = spawn(load, ['idle', port, String(pid), String(connections), '64'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(client.stdout, 'data')
  return client
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/**
 * Measures every contender `rounds` times, all of them in each round and in changing order, so that what else the
 * machine does falls on all alike. Gives the medians of each.
 */
export async function compare(contenders, rounds, measureOne) {
  const runs = new Map(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const order = contenders.map((_, index) => contenders[(index * 5 + round * 3) % contenders.length])
    for (const contender of new Set([...order, ...contenders])) runs.get(contender.name).push(await measureOne(contender))
  }
  const medians = new Map()
  for (const [name, results] of runs) {
    medians.set(name, Object.fromEntries(Object.keys(results[0]).map((key) => [key, median(results.map((result) => result[key]))])))
  }
  return medians
}
