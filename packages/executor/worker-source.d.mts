import type { Plugin } from 'esbuild'

/** Bundles a module into the text of a script; also the files that it was made of. */
export function workerSource(file: string): Promise<{ readonly text: string; readonly inputs: readonly string[] }>

/** `?worker-source` for esbuild, and with it tsup. */
export function workerSourceEsbuild(): Plugin

/** `?worker-source` for vite, and with it vitest. */
export function workerSourceVite(): {
  readonly name: string
  readonly enforce: 'pre'
  load(id: string): Promise<{ readonly code: string; readonly map: null } | undefined>
}

/** `?worker-source` for the `load` hook of Node: the source of the module, or null when the address is another one. */
export function workerSourceModule(url: string): Promise<string | null>
