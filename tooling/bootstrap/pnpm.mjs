// Finds the pinned pnpm, or fetches it through npm into .tools/, so that a machine needs nothing but Node and npm.

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fetchPackage } from './fetch-package.mjs'
import { execute } from './stage.mjs'
import { pinnedPnpm, readJson, root } from './workspace.mjs'

/**
 * Makes sure that the pinned pnpm is there.
 * @returns {Promise<{ path: string | undefined, note: string }>} the folder to put in front of PATH (none when the pnpm
 *   on PATH is already the pinned one), and where pnpm was found
 */
export async function ensurePnpm() {
  const { version, sha512 } = pinnedPnpm(readJson(join(root, 'package.json')).packageManager)
  const folder = join(root, '.tools', `pnpm@${version}`)
  const found = join(folder, 'node_modules', '.bin')
  if (existsSync(folder)) return { path: found, note: `pnpm ${version}` }
  if ((await versionOnPath()) === version) return { path: undefined, note: `pnpm ${version} from PATH` }
  await fetchPackage(`pnpm@${version}`, folder, sha512)
  return { path: found, note: `pnpm ${version} fetched` }
}

/** The version of the pnpm on PATH, if there is one that answers. */
async function versionOnPath() {
  // Corepack's shim would ask before it downloads; ten seconds is ample for a pnpm that is really there.
  const env = {
    ...process.env,
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    npm_config_manage_package_manager_versions: 'false',
  }
  try {
    return (await execute('pnpm', ['--version'], { env, timeout: 10_000 })).trim()
  } catch {
    return undefined
  }
}

/** The name of the variable PATH, which is Path on Windows. */
export const pathVariable = () => Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'

/**
 * The environment for commands of the workspace: pnpm first on PATH, no telemetry, no update notices, no daemon.
 * @param {string | undefined} path
 * @returns {NodeJS.ProcessEnv}
 */
export function workspaceEnv(path) {
  const variable = pathVariable()
  return {
    ...process.env,
    ...(path === undefined ? {} : { [variable]: `${path}${delimiter}${process.env[variable] ?? ''}` }),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    npm_config_update_notifier: 'false',
    // `npm --silent` hands its level down; an install that fails should still say why.
    npm_config_loglevel: 'info',
  }
}
