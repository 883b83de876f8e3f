/**
 * `import source from './thread-main.ts?worker-source'` gives the text of a script: the module and all that it imports.
 *
 * A worker that starts from a file of the package breaks as soon as a bundler moves the package's code; one that starts
 * from a string does not, whatever bundler it goes through. So the programs of workers are ordinary modules, and this
 * step makes strings of them: for the build (esbuild), for tests (vite) and for a bare Node over the sources.
 */
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const SUFFIX = '?worker-source'

/** Code started with --input-type=module has no `require` of its own. */
const REQUIRE = `typeof require === 'function' ? require : process.getBuiltinModule('node:module').createRequire(process.cwd() + '/')`

/**
 * The text, and the files it was made of. Lines and names are kept, and the script has a name: stack traces of workers
 * point into it.
 * @param {string} file
 */
export async function workerSource(file) {
  const name = `@loop/executor/${basename(file).replace(/\.ts$/, '.js')}`
  const { outputFiles, metafile } = await build({
    entryPoints: [file],
    absWorkingDir: dirname(file),
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    // Users' bundlers cannot shorten a string. Names stay, and lines, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 120,
    banner: { js: '(function (require) {' },
    footer: { js: `})(${REQUIRE})\n//# sourceURL=${name}` },
    logLevel: 'error',
  })
  const inputs = Object.keys(metafile.inputs).map((each) => resolve(dirname(file), each))
  const text = /** @type {import('esbuild').OutputFile} */ (outputFiles[0]).text
  return { text, inputs }
}

const moduleOf = (/** @type {string} */ text) => `export default ${JSON.stringify(text)}`

/** For esbuild, and with it tsup. @returns {import('esbuild').Plugin} */
export const workerSourceEsbuild = () => ({
  name: 'worker-source',
  setup(step) {
    step.onResolve({ filter: /\?worker-source$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.slice(0, -SUFFIX.length)),
      namespace: 'worker-source',
    }))
    step.onLoad({ filter: /.*/, namespace: 'worker-source' }, async ({ path }) => {
      const { text, inputs } = await workerSource(path)
      return { contents: text, loader: 'text', watchFiles: inputs }
    })
  },
})

/** For vite, and with it vitest. */
export const workerSourceVite = () => ({
  name: 'worker-source',
  /** @type {'pre'} */
  enforce: 'pre',
  /** @this {{ addWatchFile?: (file: string) => void }} @param {string} id */
  async load(id) {
    if (!id.endsWith(SUFFIX)) return undefined
    const { text, inputs } = await workerSource(id.slice(0, -SUFFIX.length))
    for (const input of inputs) this.addWatchFile?.(input)
    return { code: moduleOf(text), map: null, moduleType: 'js' }
  },
})

/**
 * For Node's `load` hook: the module at `url`, or null when it is none of these.
 * @param {string} url
 */
export async function workerSourceModule(url) {
  if (!url.endsWith(SUFFIX)) return null
  const { text } = await workerSource(fileURLToPath(url.slice(0, -SUFFIX.length)))
  return moduleOf(text)
}
