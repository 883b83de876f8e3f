// A project of `npm create @loop`, as its user sees it: made by the packed command, built, tested, started and ended.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execute, node } from '../bootstrap/stage.mjs'

/** A start takes a second or two; half a minute is one that hangs, even on a busy machine. */
const patienceMs = 30_000

/**
 * Makes a project beside the packages that it needs, whose folder is above it, and compiles it.
 * @param {string} folder in whose node_modules `@loop/create` and `@loop/runtime` are
 * @param {string} typeRoots where the types of Node are
 * @param {string} compiler path of tsc
 * @returns {Promise<string>} the project's folder
 */
export async function makeProject(folder, typeRoots, compiler) {
  const project = join(folder, 'created')
  await node([join(folder, 'node_modules', '@loop', 'create', 'dist', 'main.js'), project])
  await node([compiler, '--project', project, '--typeRoots', typeRoots])
  return project
}

/**
 * Runs the project's own tests; rejects with their output when one fails.
 * @param {string} binary
 * @param {string} project
 */
export const runTests = (binary, project) =>
  execute(binary, ['--test', join(project, 'dist/test/jobs.test.js'), join(project, 'dist/test/service.test.js')])

/**
 * Starts the service on a free port, asks it for something, and ends it with SIGTERM.
 * @param {string} binary
 * @param {string} project
 * @returns {Promise<{ answer: unknown, code: number | null, output: string }>}
 */
export async function startAndEnd(binary, project) {
  const service = spawn(binary, [join(project, 'dist/src/main.js')], {
    cwd: project,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
  })
  const over = once(service, 'close')
  let output = ''
  /** @type {Promise<string>} */
  const listening = new Promise((resolve, reject) => {
    for (const stream of [service.stdout, service.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
        const url = /http:\/\/\S+?:\d+/.exec(output)?.[0]
        if (url !== undefined) resolve(url)
      })
    }
    void over.then(() => reject(new Error(`the service ended before it listened:\n${output}`)))
  })
  try {
    const response = await fetch(`${await listening}/primes?below=1000`, { headers: { connection: 'close' } })
    const answer = await response.json()
    service.kill('SIGTERM')
    const [code] = await over
    return { answer, code, output }
  } finally {
    service.kill('SIGKILL')
  }
}
