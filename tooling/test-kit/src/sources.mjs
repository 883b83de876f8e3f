// The sources of core and sync as one module, for programs that try them: neither a build nor a TypeScript runtime is needed,
// and a copy can have a mistake in it.

import { cp, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Where the sources of the packages under test are. @typedef {{ core: string, sync: string }} Sources */

/**
 * A small mistake.
 * @typedef {object} Mutation
 * @property {string} name
 * @property {string} from text that stands once in the sources
 * @property {string} to
 */

const sourcesOf = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../../packages/${name}/src/`, import.meta.url))

/** @type {Sources} */
export const sources = { core: sourcesOf('core'), sync: sourcesOf('sync') }

/**
 * Copies the sources, so that nobody's editing meanwhile mixes two states of them.
 * @param {string} folder
 * @returns {Promise<Sources>}
 */
export async function copySources(folder) {
  const copy = { core: join(folder, 'core'), sync: join(folder, 'sync') }
  for (const name of /** @type {const} */ (['core', 'sync'])) await cp(sources[name], copy[name], { recursive: true })
  return copy
}

/**
 * The one file below a folder that has the anchor of a mistake; rejects when there is none, or more.
 * @param {Pick<Mutation, 'name' | 'from'>} mutation
 * @param {string} folder
 * @returns {Promise<string>}
 */
export async function fileOf({ name, from }, folder) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'))
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  const places = files.flatMap((file, index) => Array((texts[index] ?? '').split(from).length - 1).fill(file))
  if (places.length === 1) return places[0]
  throw new Error(`"${name}": its anchor stands in ${places.length === 0 ? 'no file' : places.join(', ')}`)
}

/**
 * Copies a package's sources, with a mistake.
 * @param {Mutation} mutation
 * @param {string} from folder of the sources
 * @param {string} to folder for the copy
 */
export async function copyWithMistake(mutation, from, to) {
  const file = await fileOf(mutation, from)
  await cp(from, to, { recursive: true })
  const text = await readFile(join(to, file), 'utf8')
  await writeFile(
    join(to, file),
    text.replace(mutation.from, () => mutation.to),
  )
}

/**
 * Bundles the sources into one module, which exports `core`, `testing` and `sync`.
 * @param {Sources} folders
 * @param {string} outfile
 */
export async function bundle({ core, sync }, outfile) {
  const lines = ['core', 'core/testing', 'sync'].map(
    (entry) => `export * as ${entry.replace('core/', '')} from '@loop/${entry}'`,
  )
  await build({
    stdin: { contents: lines.join('\n'), resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true,
    outfile,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@loop/source'],
    alias: {
      '@loop/core/testing': join(core, 'testing/index.ts'),
      '@loop/core/lowlevel': join(core, 'lowlevel.ts'),
      '@loop/core': join(core, 'index.ts'),
      '@loop/sync': join(sync, 'index.ts'),
    },
    logLevel: 'error',
  })
}
