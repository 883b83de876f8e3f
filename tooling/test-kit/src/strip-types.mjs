/**
 * Lets a bare Node import the sources, for tests that need a process of their own:
 * `node --conditions=@loop/source --import @loop/test-kit/strip-types program.ts`.
 */
import { register } from 'node:module'

register(
  `data:text/javascript,${encodeURIComponent(`
    import { readFile } from 'node:fs/promises'
    import { fileURLToPath } from 'node:url'
    import { transform } from ${JSON.stringify(import.meta.resolve('esbuild'))}
    import { workerSourceModule } from ${JSON.stringify(new URL('../../../packages/executor/worker-source.mjs', import.meta.url).href)}
    export async function load(url, context, next) {
      const workerSource = await workerSourceModule(url)
      if (workerSource !== null) return { format: 'module', source: workerSource, shortCircuit: true }
      if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
      const { code } = await transform(await readFile(fileURLToPath(url), 'utf8'), { loader: 'ts', target: 'es2022', format: 'esm' })
      return { format: 'module', source: code, shortCircuit: true }
    }
  `)}`,
)
