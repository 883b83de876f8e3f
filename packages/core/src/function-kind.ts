import type { AnyFunction } from './contracts.ts'

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
