// Whether users' compilers understand the packages' types, under every way of resolving modules.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { node } from '../bootstrap/stage.mjs'
import { nodeTypes, tool } from './tools.mjs'

/** Module resolution → the `module` option that goes with it. */
export const resolutions = { node16: 'node16', nodenext: 'nodenext', bundler: 'esnext' }

/**
 * Compiles every project's names and example in one run; each finds packages only in its own folder.
 * @param {string} folder the folder of all projects
 * @param {readonly string[]} projects their names
 * @param {string} compiler version of TypeScript
 * @param {keyof typeof resolutions} resolution
 */
export async function compile(folder, projects, compiler, resolution) {
  const config = join(folder, `tsconfig.${compiler}.${resolution}.json`)
  const compilerOptions = {
    strict: true, noEmit: true, target: 'es2022', lib: ['es2022'], skipLibCheck: false,
    module: resolutions[resolution], moduleResolution: resolution, types: ['node'], typeRoots: [join(await nodeTypes(), '.')],
  }
  const files = projects.flatMap((project) => [`${project}/names.ts`, `${project}/example.ts`])
  writeFileSync(config, JSON.stringify({ compilerOptions, files }))
  await node([join(await tool('typescript', compiler), 'bin', 'tsc'), '--project', config])
}
