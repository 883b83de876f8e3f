/** Bundles the sources of the packages under test into one module in memory, so that no build is needed and sources can be mutated. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url))

/**
 * Changes the text of a source file while it is bundled.
 * @typedef {{ file: string, change: (text: string) => string }} Change `file` is a path inside core's src
 */

/**
 * @param {{ change?: Change, sync?: boolean }} [options]
 * @returns {Promise<import('./run.mjs').Subject>}
 */
export async function loadSources({ change, sync = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'loop-conformance-'))
  const outfile = join(folder, 'subject.mjs')
  const lines = [`export * as core from '@loop/core'`, `export * as testing from '@loop/core/testing'`]
  if (sync) lines.push(`export * as sync from '@loop/sync'`)
  await build({
    stdin: { contents: lines.join('\n'), resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true,
    outfile,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@loop/source'],
    logLevel: 'error',
    plugins: change === undefined ? [] : [changing(change)],
  })
  const module = await import(pathToFileURL(outfile).href)
  await rm(folder, { recursive: true })
  return module
}

/** @param {Change} change @returns {import('esbuild').Plugin} */
function changing({ file, change }) {
  const path = join(packages, 'core/src', file)
  return {
    name: 'change',
    setup(bundle) {
      bundle.onLoad({ filter: /\.ts$/ }, async (args) => {
        if (args.path !== path) return undefined
        const { readFile } = await import('node:fs/promises')
        return { contents: change(await readFile(path, 'utf8')), loader: 'ts' }
      })
    },
  }
}
