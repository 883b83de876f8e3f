// npm start: install, build what the demo needs, run the demo. Arguments and signals go to the demo: npm start -- L4

import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { checkNode, prepare, turbo } from './prepare.mjs'
import { progressOn } from './stage.mjs'
import { root } from './workspace.mjs'

/** Prepares and runs the demo; the exit code is the demo's, or 1 when it could not be built. */
async function start() {
  progressOn(process.stderr)
  if (!checkNode()) return 1
  const env = await prepare()
  if (env === undefined || !(await turbo('build', ['build', '--filter=@loop/demo'], env))) return 1
  console.error('')
  const demo = spawn(process.execPath, [join(root, 'apps/demo/dist/main.js'), ...process.argv.slice(2)], { stdio: 'inherit' })
  // Ctrl+C reaches the demo too: wait for it to end instead of ending before it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => demo.kill('SIGTERM'))
  process.on('SIGHUP', () => demo.kill('SIGHUP'))
  return await new Promise((resolve) => demo.on('close', (code) => resolve(code ?? 1)))
}

process.exitCode = await start()
