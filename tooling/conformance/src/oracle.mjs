/** The other end of oracle/oracle.py: one Python process that answers programs with CPython's traces. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { toPython } from './print-python.mjs'

/** @typedef {{ trace: string[] } | { skip: 'tie' | 'endless' }} Answer */
/** @typedef {{ resolve: (answer: Answer) => void, reject: (error: Error) => void }} Waiting */

// What the traces are compared with; other versions differ in gather, wait_for, groups and uncancel.
const VERSION = '3.11'

export class Oracle {
  #process
  /** @type {Map<number, Waiting>} */
  #waiting = new Map()
  #next = 0
  /** @type {(version: string) => void} */
  #started = () => {}
  /** @type {Promise<string>} */
  #version

  /** @param {string} [python] the interpreter */
  constructor(python = process.env['CONFORMANCE_PYTHON'] ?? 'python3') {
    const script = fileURLToPath(new URL('../oracle/oracle.py', import.meta.url))
    this.#process = spawn(python, ['-u', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#version = new Promise((resolve) => (this.#started = resolve))
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#take(JSON.parse(line)))
    this.#process.on('error', (error) => this.#fail(new Error(`cannot run ${python}`, { cause: error })))
    this.#process.on('exit', (code) => this.#fail(new Error(`the oracle ended with code ${String(code)}`)))
  }

  /** CPython's version; throws unless it is the one that core is compared with. */
  async version() {
    const version = await this.#version
    if (version.startsWith(VERSION)) return version
    throw new Error(`the oracle runs CPython ${version}; traces are compared with ${VERSION} (set CONFORMANCE_PYTHON)`)
  }

  /** @param {import('./program.mjs').Program} program @returns {Promise<Answer>} */
  run(program) {
    return new Promise((resolve, reject) => {
      const id = this.#next++
      this.#waiting.set(id, { resolve, reject })
      this.#process.stdin.write(JSON.stringify({ id, source: toPython(program) }) + '\n')
    })
  }

  /** Ends the process once it has answered. */
  close() {
    this.#process.removeAllListeners('exit')
    this.#process.stdin.end()
  }

  /** @param {any} message */
  #take(message) {
    if (message.version !== undefined) {
      this.#started(message.version)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.failed === undefined) waiting?.resolve(message)
    else waiting?.reject(new Error(`the printed Python is wrong:\n${String(message.failed)}`))
  }

  /** @param {Error} error */
  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    throw error
  }
}
