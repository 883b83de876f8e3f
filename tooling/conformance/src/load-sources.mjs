/** The sources of the packages under test, as modules. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle } from '@loop/test-kit/sources'

/**
 * The modules under test, from these sources.
 *
 * @param {import('@loop/test-kit/sources').Sources} folders
 * @returns {Promise<import('./run.mjs').Subject>}
 */
export async function loadSources(folders) {
  const folder = await mkdtemp(join(tmpdir(), 'loop-conformance-'))
  const outfile = join(folder, 'subject.mjs')
  try {
    await bundle(folders, outfile)
    return await import(pathToFileURL(outfile).href)
  } finally {
    await rm(folder, { recursive: true })
  }
}
