import { defineConfig, type Options } from 'tsup'

/** The build every package shares: ESM with declarations and source maps, other packages left external. */
export const packageBuild = (entry: string[], extra: Options = {}) =>
  defineConfig({
    entry,
    format: ['esm'],
    target: 'node20',
    // Declarations are made of the sources alone, whatever scripts a package's tests look at.
    dts: { compilerOptions: { noEmit: false, emitDeclarationOnly: true, customConditions: [], allowJs: false } },
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: true,
    external: [/^@loop\//],
    ...extra,
  })
