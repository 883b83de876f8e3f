/** Checks of what is passed to the loop and its methods. */

import type { AnyFunction } from '../contracts/services.ts'
import { describe } from './describe.ts'
import { isAsyncGeneratorFunction, isGeneratorFunction } from './kinds.ts'

/** Throws TypeError for what is no function that can be called back. */
export function checkCallback(callback: unknown, where: string): void {
  if (typeof callback !== 'function') throw new TypeError(`${where} takes a function, not ${describe(callback)}`)
}

/** As {@link checkCallback}, for callbacks whose result nobody takes: a generator function would never run. */
export function checkPlainCallback(callback: AnyFunction, where: string): void {
  checkCallback(callback, where)
  if (!isGeneratorFunction(callback) && !isAsyncGeneratorFunction(callback)) return
  throw new TypeError(
    `${where} calls a plain function, and ${describe(callback)} is a generator function; make a task of it with createTask`,
  )
}

/** Throws TypeError for what is no coroutine function. */
export function checkCoroutineFunction(coroutine: unknown, where: string): void {
  if (typeof coroutine !== 'function')
    throw new TypeError(`${where} takes a coroutine function, ${whatItGot(where, coroutine)}`)
  if (!isAsyncGeneratorFunction(coroutine as AnyFunction)) return
  throw new TypeError(
    `${describe(coroutine)} is an async generator function, which is no coroutine: use async () => … or function* () { … }`,
  )
}

/** What came instead of a function; a promise or a generator is what a function gives that was called too early. */
function whatItGot(where: string, value: unknown): string {
  const { then, next } = (typeof value === 'object' && value !== null ? value : {}) as {
    then?: unknown
    next?: unknown
  }
  const called = typeof then === 'function' ? 'a promise' : typeof next === 'function' ? 'a generator' : undefined
  if (called === undefined) return `not ${describe(value)}`
  const name = where.split(' ').at(-1)!.replace('()', '')
  const otherwise = called === 'a promise' ? '; a promise that is there already goes through ensureFuture' : ''
  return `and got ${called}: pass the function without calling it, ${name}(work) instead of ${name}(work())${otherwise}`
}

/** Throws TypeError for what is no list: a single future is iterable, too, and would be an empty one. */
export function checkList(items: unknown, where: string): void {
  const list = items as { [Symbol.iterator]?: unknown; then?: unknown } | null | undefined
  if (
    typeof list === 'object' &&
    list !== null &&
    typeof list[Symbol.iterator] === 'function' &&
    typeof list.then !== 'function'
  )
    return
  throw new TypeError(`${where} takes a list, such as ${where}([first, second]), not ${describe(items)}`)
}

/** Throws TypeError for what is no number of milliseconds. */
export function checkTime(ms: unknown, what: string, orElse = ''): void {
  if (typeof ms !== 'number' || Number.isNaN(ms)) {
    throw new TypeError(
      `${what} must be a number of milliseconds${orElse}, not ${typeof ms === 'number' ? 'NaN' : typeof ms}`,
    )
  }
}

/** As {@link checkTime}, with null for no limit. */
export function checkLimit(ms: unknown, what: string): void {
  if (ms !== null) checkTime(ms, what, ' or null for no limit')
}

/** The arguments from an index on, of a function that reads them by hand. */
export function tail(args: IArguments, from: number): unknown[] {
  return Array.prototype.slice.call(args, from) as unknown[]
}

/** Throws TypeError for what is no observer. */
export function checkObserver(observer: unknown): void {
  if (typeof observer !== 'object' || observer === null) {
    throw new TypeError(
      `an observer is an object with methods such as turnStarted, not ${observer === null ? 'null' : typeof observer}`,
    )
  }
}

/** Throws TypeError for a name that is no text. */
export function checkName(name: unknown): void {
  if (name !== undefined && typeof name !== 'string')
    throw new TypeError(`the name of a task is a string, not ${typeof name}`)
}
