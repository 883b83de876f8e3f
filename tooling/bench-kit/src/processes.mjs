/**
 * Processes of measurements. Each leads a group of its own, so that a pool's children end with it, and all that live
 * are known, so that Ctrl+C leaves nothing behind.
 */
import { spawn } from 'node:child_process'
import process from 'node:process'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @type {Set<ChildProcess>} */
const living = new Set()

/** Two minutes: the slowest measurement here takes some twenty seconds. */
const LIMIT_MS = 120_000

/**
 * Starts a command as the leader of a group.
 * @param {readonly string[]} command
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {ChildProcess}
 */
export function start([program = '', ...args], options = {}) {
  const child = spawn(program, args, { ...options, detached: process.platform !== 'win32' })
  living.add(child)
  child.once('close', () => living.delete(child))
  child.once('error', () => living.delete(child))
  return child
}

/**
 * Ends a process and what it started.
 * @param {ChildProcess} child
 */
export function end(child) {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // Gone already.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
  }
}

/** Ends all that live. */
export const endAll = () => living.forEach(end)

/**
 * Runs a command and reads the last line of its output as JSON.
 * @param {readonly string[]} command
 * @param {{ limitMs?: number }} [options]
 * @returns {Promise<any>} rejects with what the command complained of, or that it took too long
 */
export async function runForJson(command, options) {
  const { output, complaint } = await runForText(command, options)
  const line = output.trim().split('\n').at(-1) ?? ''
  if (!/^[[{\d-]/.test(line)) throw new Error(complaintOf(complaint) ?? 'it printed no result')
  return JSON.parse(line)
}

/**
 * Runs a command to its end.
 * @param {readonly string[]} command
 * @param {{ limitMs?: number }} [options]
 * @returns {Promise<{ output: string, complaint: string }>} rejects with what the command complained of, or that it
 *   took too long
 */
export function runForText(command, { limitMs = LIMIT_MS } = {}) {
  return new Promise((resolve, reject) => {
    const child = start(command, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let complaint = ''
    let late = false
    const limit = setTimeout(() => {
      late = true
      end(child)
    }, limitMs)
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text))
    child.stderr?.setEncoding('utf8').on('data', (text) => (complaint += text))
    child.on('error', (error) => {
      clearTimeout(limit)
      reject(error)
    })
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      // Workers or children that a contender left behind.
      end(child)
      if (late) reject(new Error(`nothing after ${limitMs / 1000} s`))
      else if (code !== 0) reject(new Error(complaintOf(complaint) ?? `it ended with ${signal ?? `code ${code}`}`))
      else resolve({ output, complaint })
    })
  })
}

/**
 * The line that says what was wrong: of an uncaught error in Node, not the stack and not the version below it. Without
 * the paths of this machine, because it is published with the results.
 * @param {string} complaint
 */
export function complaintOf(complaint) {
  const lines = complaint
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(at |Node\.js v|\^)/.test(line))
  const line = lines.find((text) => /^\w*(Error|Exception)\b/.test(text)) ?? lines.at(-1)
  return line?.replaceAll(/(?:file:\/\/)?\/[\w@./+-]+\/(?=[\w.-]+)/g, '')
}
