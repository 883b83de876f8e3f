// npm start: install, build what the demo needs, run the demo. Arguments and signals go to the demo: npm start -- L4

import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { checkNode, prepare, turbo } from './prepare.mjs'
import { progressOn } from './stage.mjs'
import { root } from './workspace.mjs'

/**
 * npm gives a signal that it gets to the shell that it started us with, which does not pass it on: all we see is that
 * the shell is gone. Then nobody waits for the demo any more. A second is soon enough to notice, and seldom enough to
 * cost nothing.
 * @param {() => void} act
 */
function whenOrphaned(act) {
  const parent = process.ppid
  const looking = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(looking)
    act()
  }, 1000)
  looking.unref()
}

/** Prepares and runs the demo; the exit code is the demo's, or 1 when it could not be built. */
async function start() {
  progressOn(process.stderr)
  if (!checkNode()) return 1
  const env = await prepare()
  if (env === undefined || !(await turbo('build', ['build', '--filter=@loop/demo'], env))) return 1
  console.error('')
  const demo = spawn(process.execPath, [join(root, 'apps/demo/dist/main.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // Ctrl+C reaches the demo too: wait for it to end instead of ending before it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => demo.kill('SIGTERM'))
  process.on('SIGHUP', () => demo.kill('SIGHUP'))
  if (process.env.npm_lifecycle_event === 'start') whenOrphaned(() => demo.kill('SIGTERM'))
  return await new Promise((resolve) => demo.on('close', (code) => resolve(code ?? 1)))
}

process.exitCode = await start()
