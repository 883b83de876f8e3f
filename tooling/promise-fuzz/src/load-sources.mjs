/** Bundles the sources of the packages under test into one module for workers, so that they can be changed before. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('..', import.meta.url))

/** @param {'core' | 'sync'} name */
const sourcesOf = (name) => fileURLToPath(new URL(`../../../packages/${name}/src/`, import.meta.url))

/** @typedef {import('./mutations.mjs').Mutation} Mutation */

/** Copies the sources, so that nobody's editing meanwhile mixes two states of them. @param {string} folder */
export async function copySources(folder) {
  for (const name of /** @type {const} */ (['core', 'sync']))
    await cp(sourcesOf(name), join(folder, name), { recursive: true })
}

/** The one file of core that has the anchor. @param {Mutation} mutation @param {string} folder */
export async function fileOf({ name, from }, folder) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'))
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  const places = files.flatMap((file, index) =>
    Array(/** @type {string} */ (texts[index]).split(from).length - 1).fill(file),
  )
  if (places.length === 1) return /** @type {string} */ (places[0])
  throw new Error(`"${name}": its anchor stands in ${places.length === 0 ? 'no file' : places.join(', ')}`)
}

/**
 * The path of a module of the copied sources, core with a mistake. @param {string} copy @param {Mutation} mutation
 * @param {string} folder
 */
export async function mutant(copy, mutation, folder) {
  await mkdir(folder)
  const core = join(folder, 'core')
  await cp(join(copy, 'core'), core, { recursive: true })
  const path = join(core, await fileOf(mutation, core))
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace(mutation.from, () => mutation.to),
  )
  const outfile = join(folder, 'subject.mjs')
  await build({
    stdin: { contents: "export * as core from '@loop/core'\nexport * as sync from '@loop/sync'", resolveDir: here },
    bundle: true,
    outfile,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: {
      '@loop/core/lowlevel': join(core, 'lowlevel.ts'),
      '@loop/core': join(core, 'index.ts'),
      '@loop/sync': join(copy, 'sync/index.ts'),
    },
    logLevel: 'error',
  })
  await rm(core, { recursive: true })
  return outfile
}
