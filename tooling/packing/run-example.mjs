// Runs an example as a person would: watches what it prints, talks to it if it is a server, and ends it if it is
// endless.

import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'

/** Examples take a second or two; half a minute is one that hangs, even on a busy machine. */
const patienceMs = 30_000

/**
 * @param {string} binary
 * @param {string} script
 * @param {import('./examples.mjs').Example} [example]
 * @returns {Promise<string[]>} what was wrong
 */
export async function runExample(binary, script, { prints = [], endless = false, echoesOn } = { prints: [] }) {
  const port = echoesOn === undefined ? undefined : await freePort()
  const program = port === undefined ? script : withPort(script, String(echoesOn), String(port))
  const child = spawn(binary, [program], {
    cwd: dirname(script),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
  })
  const over = new Promise((resolve) => child.once('close', resolve))
  let output = ''
  const printed = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
        if (hasLines(output, prints)) resolve(undefined)
      })
    }
    if (prints.length === 0) resolve(undefined)
  })
  const answer = await Promise.race([port === undefined ? undefined : echo(port, over), over.then(() => undefined)])
  if (endless) {
    await Promise.race([printed, over])
    child.kill()
  }
  await over
  return [
    ...(!endless && child.exitCode !== 0 ? [`it ended with ${child.exitCode ?? child.signalCode}\n${output}`] : []),
    ...(hasLines(output, prints) ? [] : [`it did not print ${prints.join(', ')}, but\n${output}`]),
    ...(port === undefined || answer === 'hello' ? [] : [`it answered ${answer} instead of hello\n${output}`]),
  ]
}

/**
 * Whether the lines appear in this order.
 * @param {string} output
 * @param {readonly (string | RegExp)[]} lines
 */
function hasLines(output, lines) {
  const left = [...lines]
  for (const line of output.split(/\r?\n/)) {
    const [next] = left
    if (next instanceof RegExp ? next.test(line) : line === next) left.shift()
  }
  return left.length === 0
}

/** A port that nobody listens on. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
        server.close(() => resolve(port))
      })
  })
}

/**
 * A copy of a script with another port.
 * @param {string} script
 * @param {string} from
 * @param {string} to
 */
function withPort(script, from, to) {
  const copy = join(dirname(script), `example-${to}.mjs`)
  writeFileSync(copy, readFileSync(script, 'utf8').replaceAll(from, to))
  return copy
}

/**
 * Connects as soon as the server listens, sends hello and returns what comes back.
 * @param {number} port
 * @param {Promise<unknown>} over when there is nobody left to connect to
 * @returns {Promise<string>}
 */
async function echo(port, over) {
  let ended = false
  void over.then(() => (ended = true))
  for (;;) {
    try {
      return await ask(port)
    } catch (error) {
      if (ended || /** @type {NodeJS.ErrnoException} */ (error).code !== 'ECONNREFUSED') return String(error)
    }
    // Nothing tells from outside when a server listens; twenty questions a second are few.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** @param {number} port @returns {Promise<string>} */
function ask(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('hello'))
    socket.setEncoding('utf8').once('data', (text) => {
      resolve(String(text))
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('end', () => reject(new Error('the server closed the connection')))
  })
}
