// Whether users' compilers understand the packages' types, under every way of resolving modules.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, node } from '../bootstrap/stage.mjs'
import { nodeTypes, tool } from './tools.mjs'

/** Module resolution → the `module` option that goes with it. */
export const resolutions = { node16: 'node16', nodenext: 'nodenext', bundler: 'esnext' }

/** An error inside what a dependency from elsewhere declares: users have it too, and it is not in our hands. */
const othersDeclarations = /^\S*node_modules\/(?!@loop\/)/

/**
 * Compiles every project's names and example in one run; each finds packages only in its own folder.
 * @param {string} folder the folder of all projects
 * @param {readonly string[]} projects their names
 * @param {string} compiler version of TypeScript
 * @param {keyof typeof resolutions} resolution
 * @returns {Promise<string[]>} the compiler's errors
 */
export async function compile(folder, projects, compiler, resolution) {
  const config = join(folder, `tsconfig.${compiler}.${resolution}.json`)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2022'],
    skipLibCheck: false,
    module: resolutions[resolution],
    moduleResolution: resolution,
    types: ['node'],
    typeRoots: [await nodeTypes()],
  }
  const files = projects.flatMap((project) => [`${project}/names.ts`, `${project}/example.ts`])
  writeFileSync(config, JSON.stringify({ compilerOptions, files }))
  try {
    await node([join(await tool('typescript', compiler), 'bin', 'tsc'), '--project', config, '--pretty', 'false'])
    return []
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const errors = error.output.split(/\r?\n/).filter((line) => /error TS\d+/.test(line))
    // A compiler that fails without an error of its own could not be started.
    if (errors.length === 0) throw error
    return errors.filter((line) => !othersDeclarations.test(line))
  }
}
