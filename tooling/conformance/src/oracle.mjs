/** The other end of oracle/oracle.py: one Python process that answers programs with CPython's traces. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { toPython } from './print-python.mjs'
import { findPython, isReference, REFERENCE } from './python.mjs'
import { canRun } from './versions.mjs'

/** @typedef {{ trace: string[] } | { skip: 'tie' | 'endless' | 'unknown' }} Answer */
/** @typedef {{ resolve: (answer: Answer) => void, reject: (error: Error) => void }} Waiting */

export class Oracle {
  #process
  /** @type {Map<number, Waiting>} */
  #waiting = new Map()
  #next = 0
  #python

  /** @param {import('./python.mjs').Python | null} [python] the interpreter; throws when there is none */
  constructor(python = findPython()) {
    if (python === null) {
      throw new Error(
        `no Python from 3.11 on was found: put python${REFERENCE} on PATH, or name one with PYTHON=/path/to/python3`,
      )
    }
    this.#python = python
    const { command } = python
    const script = fileURLToPath(new URL('../oracle/oracle.py', import.meta.url))
    this.#process = spawn(command, ['-u', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#take(JSON.parse(line)))
    this.#process.on('error', (error) => this.#fail(new Error(`cannot run ${command}`, { cause: error })))
    this.#process.on('exit', (code) => this.#fail(new Error(`the oracle ended with code ${String(code)}`)))
  }

  /** CPython's version and where it stands, for people. */
  get name() {
    return `CPython ${this.#python.version} (${this.#python.command})`
  }

  get version() {
    return this.#python.version
  }

  /** Whether it is of the version whose rules core and sync follow. */
  get isReference() {
    return isReference(this.#python)
  }

  /** @param {import('./program.mjs').Program} program @returns {Promise<Answer>} */
  run(program) {
    if (!canRun(program, this.version)) return Promise.resolve({ skip: 'unknown' })
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
