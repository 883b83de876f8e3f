import type { AnyFunction } from './contracts.ts'

const prototypes = {
  Async: Object.getPrototypeOf(async () => {}) as object,
  Generator: Object.getPrototypeOf(function* () {}) as object,
  AsyncGenerator: Object.getPrototypeOf(async function* () {}) as object,
}

/** Whether a function was written as one of a kind: `async`, `function*`, `async function*`. Compiled ones are plain functions. */
export function isFunctionOf(kind: keyof typeof prototypes, fn: AnyFunction): boolean {
  return Object.getPrototypeOf(fn) === prototypes[kind]
}
