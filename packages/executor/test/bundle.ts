/** The package as a program would have it that was bundled into a few files, for tests that need real programs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'
import { afterAll, beforeAll } from 'vitest'
import { workerSourceEsbuild } from '../worker-source.mjs'

/** How the sources of this package are bundled. */
export const bundling = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  conditions: ['@loop/source'],
  outExtension: { '.js': '.mjs' },
  plugins: [workerSourceEsbuild()],
} satisfies BuildOptions

/** A folder with the bundle, for the tests of a file. */
export interface Bundle {
  readonly folder: string
  /** Writes a program that has the pools at hand, and gives its file. */
  program(code: string): Promise<string>
}

/** Bundles the package before the tests of a file and removes everything after them. */
export function useBundle(): Bundle {
  let folder = ''
  let programs = 0
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'executor-test-'))
    await build({
      ...bundling,
      entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
      outdir: folder,
    })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return {
    get folder() {
      return folder
    },
    program: async (code) => {
      const file = join(folder, `program-${++programs}.mjs`)
      await writeFile(file, `import { ThreadPoolExecutor, ProcessPoolExecutor } from './index.mjs'\n${code}`)
      return file
    },
  }
}
