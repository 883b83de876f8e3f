// Bundles the packages for the playground: the sources as they are, with stand-ins for what they take of Node.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const place = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Writes the worker that runs a program.
 * @param {string} folder
 */
export async function bundlePlayground(folder) {
  await build({
    entryPoints: [place('src/browser/worker.ts')],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@loop/source'],
    minify: true,
    keepNames: true, // names of callbacks and tasks are what is shown
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [
      {
        name: 'node',
        setup(it) {
          it.onResolve({ filter: /^node:/ }, () => ({ path: place('src/browser/node.ts') }))
        },
      },
    ],
  })
}
