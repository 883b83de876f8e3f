import { defineConfig, type Options } from 'tsup'

/** The build every package shares: ESM with declarations and source maps, other packages left external. */
export const packageBuild = (entry: string[], extra: Options = {}) =>
  defineConfig({
    entry,
    format: ['esm'],
    target: 'node20',
    dts: { compilerOptions: { noEmit: false, emitDeclarationOnly: true, customConditions: [] } },
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: true,
    external: [/^@loop\//],
    ...extra,
  })
