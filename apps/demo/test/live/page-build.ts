import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Builds the page from its sources into a folder of its own, so that the tests never see an old one. */
export async function buildPage(): Promise<{ folder: string } & Disposable> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-page-'))
  await build({
    root: fileURLToPath(new URL('../../../demo-page', import.meta.url)),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  })
  return {
    folder,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true })
    },
  }
}
