// The stages that npm start and npm test share: check Node, find pnpm, install, build.

import { join } from 'node:path'
import { install } from './install.mjs'
import { ensurePnpm, workspaceEnv } from './pnpm.mjs'
import { node, stage } from './stage.mjs'
import { readJson, root, satisfies } from './workspace.mjs'

/**
 * Says what to do when this Node is too old.
 * @returns {boolean} whether it is new enough
 */
export function checkNode() {
  const range = readJson(join(root, 'package.json')).engines.node
  if (satisfies(process.versions.node, range)) return true
  console.log(`Node ${range} is needed, but this is ${process.versions.node}. Install a newer Node and start again.`)
  return false
}

/**
 * Finds pnpm and installs.
 * @returns {Promise<NodeJS.ProcessEnv | undefined>} the environment for the commands that follow; undefined on failure
 */
export async function prepare() {
  /** @type {NodeJS.ProcessEnv | undefined} */
  let env
  const ready = await stage('install', async () => {
    const { path, note } = await ensurePnpm()
    env = workspaceEnv(path)
    return `${await install(env)}, ${note}`
  })
  return ready ? env : undefined
}

/**
 * Runs `turbo run`.
 * @param {readonly string[]} args
 * @param {Parameters<typeof node>[1]} options
 */
export const runTurbo = (args, options) =>
  node([join(root, 'node_modules', 'turbo', 'bin', 'turbo'), 'run', ...args], options)

/**
 * Runs a Turborepo task as a stage; it remembers what has not changed.
 * @param {string} name of the stage
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean>} whether it succeeded
 */
export function turbo(name, args, env) {
  return stage(name, async () => {
    const output = await runTurbo([...args, '--output-logs=errors-only', '--log-order=grouped'], { env })
    const [, cached, total] = /Cached:\s+(\d+) cached, (\d+) total/.exec(output) ?? []
    return total === undefined
      ? 'done'
      : cached === total
        ? 'unchanged'
        : `${Number(total) - Number(cached)} of ${total} packages`
  })
}
