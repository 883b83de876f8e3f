/** Bundles the sources of the packages under test into one module, so that neither a build nor a TypeScript runtime is needed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('..', import.meta.url))

/** Where core's sources are. */
export const coreSources = fileURLToPath(new URL('../../../packages/core/src/', import.meta.url))

/**
 * The modules under test, from sources.
 *
 * @param {{ core?: string, sync?: boolean }} [options] `core`: another folder with core's sources; `sync`: with @loop/sync
 * @returns {Promise<import('./run.mjs').Subject>}
 */
export async function loadSources({ core = coreSources, sync = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'loop-conformance-'))
  const outfile = join(folder, 'subject.mjs')
  const lines = [`export * as core from '@loop/core'`, `export * as testing from '@loop/core/testing'`]
  if (sync) lines.push(`export * as sync from '@loop/sync'`)
  try {
    await build({
      stdin: { contents: lines.join('\n'), resolveDir: here },
      bundle: true,
      outfile,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['@loop/source'],
      alias: { '@loop/core/testing': join(core, 'testing/index.ts'), '@loop/core': join(core, 'index.ts') },
      logLevel: 'error',
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(folder, { recursive: true })
  }
}
