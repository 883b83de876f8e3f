/**
 * Makes the program of a worker out of functions of this package.
 *
 * A worker that starts from a file of the package breaks as soon as a bundler moves the package's code. A worker that
 * starts from a string does not, and a string taken from functions keeps them typed, linted and shared with the pool.
 * Their one obligation is to be self-contained; a test holds them to it with the package's own analysis.
 */
import type { AnyFunction } from '@loop/core'

/** Code started with --input-type=module has no `require` of its own. */
const REQUIRE = `typeof require === 'function' ? require : process.getBuiltinModule('node:module').createRequire(process.cwd() + '/')`

/** Written as text, because compilers and test runners replace the `import` of a function by a helper of their own. */
const IMPORT = '(url) => import(url)'

/** A script that calls `main(parts, require, importModule)`. */
export function workerSource(main: AnyFunction, parts: Readonly<Record<string, AnyFunction>>): string {
  const members = Object.entries(parts).map(([name, part]) => `${JSON.stringify(name)}: ${part.toString()}`)
  // Compilers that keep function names wrap functions in a call of their helper `__name`.
  return `"use strict"; globalThis.__name ??= (fn) => fn; (${main.toString()})({${members.join(',\n')}}, ${REQUIRE}, ${IMPORT})`
}
