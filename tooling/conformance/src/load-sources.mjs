/**
 * Bundles the sources of the packages under test into one module, so that neither a build nor a TypeScript runtime is
 * needed.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('..', import.meta.url))

/** Where the sources of the packages under test are. @typedef {{ core: string, sync: string }} Sources */

/** @type {Sources} */
export const sources = {
  core: fileURLToPath(new URL('../../../packages/core/src/', import.meta.url)),
  sync: fileURLToPath(new URL('../../../packages/sync/src/', import.meta.url)),
}

/**
 * The modules under test, from these sources.
 *
 * @param {Sources} folders
 * @returns {Promise<import('./run.mjs').Subject>}
 */
export async function loadSources({ core, sync }) {
  const folder = await mkdtemp(join(tmpdir(), 'loop-conformance-'))
  const outfile = join(folder, 'subject.mjs')
  const lines = [
    `export * as core from '@loop/core'`,
    `export * as testing from '@loop/core/testing'`,
    `export * as sync from '@loop/sync'`,
  ]
  try {
    await build({
      stdin: { contents: lines.join('\n'), resolveDir: here },
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
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(folder, { recursive: true })
  }
}
