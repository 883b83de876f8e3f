/** What a value is, as far as that can be seen from outside. */
import type { AnyFunction } from '../contracts/services.ts'

const { getPrototypeOf } = Object
const asyncPrototype = getPrototypeOf(async () => {}) as object
const generatorPrototype = getPrototypeOf(function* () {}) as object
const asyncGeneratorPrototype = getPrototypeOf(async function* () {}) as object

// Compiled functions of these kinds are plain ones, and pass for such.

/** Whether a function was written as `async`. */
export function isAsyncFunction(fn: AnyFunction): boolean {
  return getPrototypeOf(fn) === asyncPrototype
}

/** Whether a function was written as `function*`. */
export function isGeneratorFunction(fn: AnyFunction): boolean {
  return getPrototypeOf(fn) === generatorPrototype
}

/** Whether a function was written as `async function*`. */
export function isAsyncGeneratorFunction(fn: AnyFunction): boolean {
  return getPrototypeOf(fn) === asyncGeneratorPrototype
}

/** Whether a value has a `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}
