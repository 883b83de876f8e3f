// The other installers, on one package with its peer: what they do with a tarball does not depend on what is in it.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execute, node } from '../bootstrap/stage.mjs'
import { binaryOf } from '../runtimes/fetch.mjs'
import { runtimesFor } from '../runtimes/runtimes.mjs'
import { emptyProject } from './consumer.mjs'
import { tool } from './tools.mjs'

/** @typedef {(folder: string, files: readonly string[]) => Promise<unknown>} Installer */

/** @type {Readonly<Record<string, Installer>>} */
export const installers = {
  pnpm: (folder, files) =>
    execute('pnpm', ['--dir', folder, 'add', '--ignore-workspace', '--ignore-scripts', ...files]),

  async yarn(folder, files) {
    const yarn = join(await tool('@yarnpkg/cli-dist', '4.18.1'), 'bin', 'yarn.js')
    writeFileSync(join(folder, 'yarn.lock'), '') // without one, yarn takes a folder above for the project
    // Without node_modules, yarn's own way, so that an import that is not declared would fail.
    const env = {
      ...process.env,
      YARN_NODE_LINKER: 'pnp',
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_SCRIPTS: 'false',
      YARN_ENABLE_GLOBAL_CACHE: 'false',
    }
    await node([yarn, '--cwd', folder, 'add', ...files], { env })
  },

  async bun(folder, files) {
    const runtime = runtimesFor().find(({ name }) => name === 'bun')
    if (runtime === undefined) throw new Error('there is no runtime called bun')
    await execute(await binaryOf(runtime), ['add', '--cwd', folder, '--ignore-scripts', ...files])
  },
}

/**
 * Installs packages with an installer into an empty project and imports them there.
 * @param {string} name of the installer
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} tarballs package → file; the last one is imported
 */
export async function installWith(name, folder, tarballs) {
  emptyProject(folder)
  const files = Object.entries(tarballs).map(([each, file]) => (name === 'yarn' ? `${each}@file:${file}` : file))
  await /** @type {Installer} */ (installers[name])(folder, files)
  const script = join(folder, 'import.mjs')
  writeFileSync(script, `console.log(Object.keys(await import('${Object.keys(tarballs).at(-1)}')).length)\n`)
  const plugAndPlay = ['--require', join(folder, '.pnp.cjs'), '--loader', join(folder, '.pnp.loader.mjs')]
  await node([...(name === 'yarn' ? plugAndPlay : []), script])
}
