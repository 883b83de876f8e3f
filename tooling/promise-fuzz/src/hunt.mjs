/** Runs programs in processes of their own, so that a program which ends or keeps its process is known by its seed. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url))
/** Real milliseconds without a word from a worker; a program takes a few. */
const PATIENCE_MS = 20_000

/** @typedef {{ seed: number, violations: string[] }} Finding */
/** @typedef {{ binary?: string, module?: string, attribution?: string, ignore?: string[] }} Setting */

/** One worker; a new process whenever the last one has ended. */
export class Hunter {
  /** @type {import('node:child_process').ChildProcessWithoutNullStreams | null} */
  #child = null
  #setting
  /** @type {(line: any) => void} */
  #tell = () => {}
  #errors = ''

  /** @param {Setting} [setting] */
  constructor(setting = {}) {
    this.#setting = setting
  }

  /**
   * What is wrong with one of `count` programs from a seed on, or with the one that is given; null when nothing is.
   * @param {{ from: number, count?: number, program?: unknown }} work @returns {Promise<Finding | null>}
   */
  hunt({ from, count = 1, program }) {
    const { attribution, ignore } = this.#setting
    const child = (this.#child ??= this.#start())
    return new Promise((resolve) => {
      let seed = from
      const finish = (/** @type {Finding | null} */ finding) => {
        clearTimeout(timer)
        this.#tell = () => {}
        resolve(finding)
      }
      const late = () => {
        this.end()
        finish({ seed, violations: ['the process hangs'] })
      }
      let timer = setTimeout(late, PATIENCE_MS)
      this.#tell = (line) => {
        clearTimeout(timer)
        timer = setTimeout(late, PATIENCE_MS)
        if ('begin' in line) seed = line.begin
        else if ('violations' in line) {
          this.#child = null
          finish(line)
        } else if ('done' in line) finish(null)
        else {
          this.#child = null
          finish({ seed, violations: [`the process ended with ${String(line.code)}: ${this.#errors.slice(-500)}`] })
        }
      }
      child.stdin.write(`${JSON.stringify({ from, count, program, options: { attribution, ignore } })}\n`)
    })
  }

  #start() {
    const { binary = process.execPath, module = '' } = this.#setting
    const child = spawn(binary, ['--no-warnings', worker, module], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#errors = ''
    child.stdin.on('error', () => {})
    child.stderr.on('data', (data) => {
      this.#errors = (this.#errors + String(data)).slice(-2000)
    })
    const current = () => this.#child === child
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (current() && line.startsWith('{')) this.#tell(JSON.parse(line))
    })
    child.on('close', (code, signal) => {
      if (current()) this.#tell({ code: signal ?? code })
    })
    return child
  }

  /** Ends the process. */
  end() {
    const child = this.#child
    this.#child = null
    child?.kill('SIGKILL')
  }
}
