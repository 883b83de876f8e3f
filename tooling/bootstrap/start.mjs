// npm start: install, build what the demo needs, run the demo. Arguments and signals go to the demo: npm start -- L4

import { join } from 'node:path'
import { foreground } from './foreground.mjs'
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
  return foreground(process.execPath, [join(root, 'apps/demo/dist/main.js'), ...process.argv.slice(2)])
}

process.exitCode = await start()
