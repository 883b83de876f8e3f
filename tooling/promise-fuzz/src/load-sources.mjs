/** Modules for workers, of sources with a mistake in core. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle, copyWithMistake } from '@loop/test-kit/sources'

/**
 * The path of a module of copied sources, core with a mistake.
 * @param {import('@loop/test-kit/sources').Sources} copy
 * @param {import('./mutations.mjs').Mutation} mutation
 * @param {string} folder
 */
export async function mutant(copy, mutation, folder) {
  await mkdir(folder)
  const core = join(folder, 'core')
  await copyWithMistake(mutation, copy.core, core)
  const outfile = join(folder, 'subject.mjs')
  await bundle({ ...copy, core }, outfile)
  await rm(core, { recursive: true })
  return outfile
}
