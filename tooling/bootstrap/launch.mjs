// npm run SCRIPT: every script of the root package.json that needs more than Node goes through here. It gets the pinned
// pnpm and installs what the lock file names, when that was not done, and then runs the command: a script, or a tool of
// node_modules/.bin.

import { delimiter, join } from 'node:path'
import { foreground } from './foreground.mjs'
import { installHash, isInstalled } from './install.mjs'
import { ensurePnpm, pathVariable, workspaceEnv } from './pnpm.mjs'
import { checkNode, prepare } from './prepare.mjs'
import { progressOn } from './stage.mjs'
import { root } from './workspace.mjs'

/** The environment of the command; undefined when the installation failed. */
async function environment() {
  // Who calls by pnpm has pnpm, and installs when it suits.
  const byPnpm = process.env.npm_config_user_agent?.startsWith('pnpm/') === true
  if (byPnpm || isInstalled(installHash())) return workspaceEnv((await ensurePnpm()).path)
  progressOn(process.stderr)
  return prepare()
}

async function launch() {
  const [command = '', ...args] = process.argv.slice(2)
  if (!checkNode()) return 1
  const env = await environment()
  if (env === undefined) return 1
  const path = pathVariable()
  env[path] = `${join(root, 'node_modules', '.bin')}${delimiter}${env[path] ?? ''}`
  return command.endsWith('.mjs')
    ? foreground(process.execPath, [join(root, command), ...args], env)
    : foreground(command, args, env)
}

process.exitCode = await launch()
