// Stages: a named piece of work with one line of progress, its time, and its output only when it failed.

import { spawn } from 'node:child_process'
import { styleText } from 'node:util'
import { root } from './workspace.mjs'

/** @typedef {Parameters<typeof styleText>[0]} Style */

/** Where progress is shown. @type {NodeJS.WriteStream} */
let out = process.stdout
let terminal = isTerminal(out)

/**
 * Whether a stream is a terminal that a person looks at.
 * @param {NodeJS.WriteStream} stream
 */
function isTerminal(stream) {
  return stream.isTTY === true && !process.env.CI
}

/**
 * Shows progress on another stream, so that standard output holds the result alone.
 * @param {NodeJS.WriteStream} stream
 */
export function progressOn(stream) {
  out = stream
  terminal = isTerminal(stream)
}

/**
 * Text in a colour, when the terminal takes colours.
 * @param {Style} style
 * @param {string} text
 */
const paint = (style, text) => (terminal && !process.env.NO_COLOR ? styleText(style, text) : text)

/** A command that ended with a code other than 0, with everything it printed. */
export class CommandError extends Error {
  /**
   * @param {string} command as a person would type it
   * @param {number | null} code null when a signal ended it
   * @param {string} output
   */
  constructor(command, code, output) {
    super(`${command} ended with ${code === null ? 'a signal' : `code ${code}`}`)
    this.name = 'CommandError'
    this.output = output
  }
}

/**
 * Milliseconds as a person reads them: "0.4 s", "1 min 12 s".
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/**
 * Runs a command, in the root folder unless `cwd` names another, and collects what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean, timeout?: number, cwd?: string }} [options] `show` hands the terminal to the
 *   command instead; `timeout` is in milliseconds
 * @returns {Promise<string>} the output; rejects with CommandError
 */
export function execute(command, args, { env = process.env, show = false, timeout, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    // Windows' npm and pnpm are .cmd files, which only a shell can start.
    const shell = process.platform === 'win32' && !command.endsWith('.exe')
    const child = spawn(command, args, {
      cwd,
      env,
      shell,
      ...(timeout === undefined ? {} : { timeout }),
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => reject(new CommandError(`${command} (${error.message})`, 1, output)))
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new CommandError([command, ...args].join(' '), code, output))
    })
  })
}

/**
 * Runs a script with this Node.
 * @param {readonly string[]} args
 * @param {Parameters<typeof execute>[2]} [options]
 */
export const node = (args, options) => execute(process.execPath, args, options)

/**
 * Runs one stage and prints "name … note 1.2 s"; on failure also the output of the command that failed.
 * @param {string} name
 * @param {() => Promise<string | void>} work returns a few words for the line, such as "unchanged"
 * @returns {Promise<boolean>} whether it succeeded
 */
export async function stage(name, work) {
  const began = performance.now()
  const label = `${name} `.padEnd(12, '.')
  const line = (/** @type {string} */ text) => `${paint('bold', label)} ${text}`
  const tick = () => out.write(`\r${line(duration(performance.now() - began))}`)
  // A quarter of a second is slow enough to read and quick enough to look alive.
  const ticker = terminal ? setInterval(tick, 250) : undefined
  if (!terminal) out.write(`${label} `)
  let failure
  let note
  try {
    note = await work()
  } catch (error) {
    failure = error
  }
  clearInterval(ticker)
  const result = failure === undefined ? (note ?? 'done') : paint('red', 'failed')
  const end = `${result} (${duration(performance.now() - began)})`
  out.write(terminal ? `\r\x1b[K${line(end)}\n` : `${end}\n`)
  if (failure === undefined) return true
  const text = failure instanceof CommandError ? `${failure.output.trimEnd()}\n${failure.message}` : String(failure)
  out.write(`${text.trimStart()}\n`)
  return false
}
