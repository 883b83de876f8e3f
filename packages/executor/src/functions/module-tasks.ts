/** Functions named by module and export: for everything that a function's source alone does not carry. */
import { type AnyFunction } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { MODULE_EXPORT, type ModuleExport } from './reference.ts'

const MODULE_URL = Symbol('@loop/executor.url')

/** The address of a module: as it was given, or of what `moduleTasks` made. */
export function moduleUrl(module: string | URL | object): string {
  const url = typeof module === 'object' ? (module as { [MODULE_URL]?: string })[MODULE_URL] : undefined
  return url ?? absolute(module as string | URL)
}

/** The functions among a module's exports. */
export type ModuleTasks<M> = {
  readonly [K in keyof M as M[K] extends AnyFunction ? K : never]: M[K]
}

/**
 * The exported functions of a module, as tasks: each one submitted runs in the worker's own copy of that module.
 *
 * Give the module's URL and its type, or a loader and the URL of the module that the loader stands in; bundlers follow
 * the loader and keep its path right. TypeScript sources work where the runtime takes them. The tasks are names only:
 * calling one here is an error.
 *
 * @example
 * const work = moduleTasks<typeof import('./work.js')>(new URL('./work.js', import.meta.url))
 * const resized = await pool.submit(work.resize, [image, 200])
 * @example
 * const work = moduleTasks(() => import('./work.js'), import.meta.url)
 */
export function moduleTasks<M extends object>(url: URL | string): ModuleTasks<M>
export function moduleTasks<M extends object>(load: () => Promise<M>, base: string | URL): ModuleTasks<M>
export function moduleTasks(source: URL | string | (() => Promise<object>), base?: string | URL): object {
  const url = typeof source === 'function' ? urlOfLoader(source, base) : absolute(source)
  const made = new Map<string, AnyFunction>()
  return new Proxy(Object.create(null) as object, {
    get: (_target, name) => {
      if (name === MODULE_URL) return url
      // `then` would make the proxy a promise to whoever awaits it.
      if (typeof name !== 'string' || name === 'then') return undefined
      let task = made.get(name)
      if (task === undefined) made.set(name, (task = nameOnly({ url, name })))
      return task
    },
  })
}

/**
 * Makes an exported function a task: it works as before, and submitted it runs in a worker's own copy of its module.
 *
 * Put `name` as it is exported. A module that starts the program must guard what it does on import (`isMainThread`),
 * because the worker imports it too.
 *
 * @example
 * export const resize = defineTask(import.meta.url, 'resize', (image: Uint8Array, width: number) => scale(image,
 * width))
 */
export function defineTask<F extends AnyFunction>(moduleUrl: string | URL, name: string, fn: F): F {
  if (typeof fn !== 'function')
    throw new TypeError(`defineTask takes a function as its last argument, not ${typeof fn}`)
  return mark(fn, { url: absolute(moduleUrl), name })
}

function nameOnly(place: ModuleExport): AnyFunction {
  const task = (): never => {
    throw new TypeError(
      `${place.name} of ${place.url} is the name of a task: submit it to an executor, or import the module to call it`,
    )
  }
  Object.defineProperty(task, 'name', { value: place.name })
  return mark(task, place)
}

function mark<F extends AnyFunction>(fn: F, place: ModuleExport): F {
  Object.defineProperty(fn, MODULE_EXPORT, { value: place })
  return fn
}

function absolute(url: URL | string): string {
  try {
    // A path of Windows parses: its drive is taken for a scheme.
    if (/^[A-Za-z]:/.test(String(url))) throw new TypeError('a path is no URL')
    return new URL(url).href
  } catch (cause) {
    throw new TypeError(
      `a module task needs an absolute URL, got ${describe(url)}; write new URL('./work.js', import.meta.url)`,
      { cause },
    )
  }
}

/** Finds the module's path in the loader's source, where bundlers keep it up to date. */
function urlOfLoader(load: () => Promise<object>, base: string | URL | undefined): string {
  const text = Function.prototype.toString.call(load)
  // Compilers to CommonJS turn the import into a require inside.
  const path = /(?:import\w*|require)\(\s*(?:\/\*[^*]*\*\/\s*)?(["'`])([^"'`]+)\1/.exec(text)?.[2]
  if (path === undefined && /\bPromise\.resolve\(|__webpack_require__|require_\w+\(/.test(text)) {
    throw new TypeError(
      'the bundler put the module of these tasks into the same file, so there is no file that a worker could import. ' +
        "Turn code splitting on (esbuild: splitting with format 'esm'; rollup and vite: no inlineDynamicImports), or build the module " +
        "as an entry of its own and name its file: moduleTasks<typeof import('./work.js')>(new URL('./work.js', import.meta.url))",
    )
  }
  if (path === undefined || base === undefined) {
    throw new TypeError(
      "moduleTasks takes a loader of the form () => import('./work.js') together with import.meta.url",
    )
  }
  // A bare name means an installed package, which workers find as this thread does.
  return /^\.{0,2}\//.test(path) ? new URL(path, base).href : path
}
