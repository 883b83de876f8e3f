/** Measurements of servers of real protocols, by the load generators that everybody has for them. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { runForText } from '../processes.mjs'
import { pinned, withServer } from './server.mjs'

/** @typedef {import('../types.mjs').Point} Point */
/** @typedef {import('../types.mjs').Values} Values */

/**
 * Whether a program is here; one that knows no --version and says so is.
 * @param {string} program
 */
const isHere = (program) => spawnSync(program, ['--version']).error === undefined

/**
 * @param {string} program
 * @param {string} name Debian's package
 */
function problem(program, name) {
  if (process.platform !== 'linux') return `measured on Linux, not ${process.platform}`
  return isHere(program) ? undefined : `no ${program} (npm run bench:setup installs ${name})`
}

export const redisProblem = () => problem('redis-benchmark', 'redis-tools')
export const redisServerProblem = () => redisProblem() ?? problem('redis-server', 'redis-server')
export const wrkProblem = () => problem('wrk', 'wrk')

/** A minute: a load lasts some seconds. */
const LIMIT_MS = 60_000

/**
 * Commands a second by redis-benchmark, SET and GET. The point has `connections`, `pipeline` and `requests`.
 * @param {readonly string[]} command the server's
 * @param {Point} point
 * @returns {Promise<Values>}
 */
export const measureRedis = (command, { connections, pipeline, requests }) =>
  withServer(command, async (port) => {
    const load = `redis-benchmark -h 127.0.0.1 -p ${port} -t set,get -c ${connections} -P ${pipeline} -n ${requests} -r 10000 --csv`
    const { output, complaint } = await runForText(pinned(1, load.split(' ')), { limitMs: LIMIT_MS })
    const rate = (/** @type {string} */ name) => Number(new RegExp(`^"${name}","([\\d.]+)"`, 'm').exec(output)?.[1])
    const [get, set] = [rate('GET'), rate('SET')]
    if (!(get > 0 && set > 0))
      throw new Error(`redis-benchmark said: ${(complaint || output).trim().split('\n').at(-1)}`)
    return { get, set }
  })

/**
 * Requests a second by wrk, all on connections that stay. The point has `connections`, `path` and `window` in seconds.
 * @param {readonly string[]} command the server's
 * @param {Point} point
 * @returns {Promise<Values>}
 */
export const measureHttp = (command, { connections, path, window }) =>
  withServer(command, async (port) => {
    const load = `wrk -t1 -c${connections} -d${window}s --latency http://127.0.0.1:${port}${path}`
    const { output } = await runForText(pinned(1, load.split(' ')), { limitMs: LIMIT_MS })
    const wrong = /^\s*(Socket errors|Non-2xx).*$/m.exec(output)?.[0]
    if (wrong !== undefined) throw new Error(`wrk said: ${wrong.trim()}`)
    const rate = Number(/^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1])
    if (!(rate > 0)) throw new Error('nothing was answered')
    return { rate, p50: latency(output, 50), p99: latency(output, 99) }
  })

/** Microseconds in a unit of wrk. */
const units = /** @type {Record<string, number>} */ ({ us: 1, ms: 1000, s: 1_000_000 })

/**
 * @param {string} output
 * @param {number} percentile
 */
function latency(output, percentile) {
  const [, value, unit = ''] = new RegExp(`^\\s*${percentile}%\\s+([\\d.]+)(us|ms|s)`, 'm').exec(output) ?? []
  return Number(value) * (units[unit] ?? NaN)
}
