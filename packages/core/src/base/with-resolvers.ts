/** A promise together with the functions that settle it. */
export interface Resolvers<T> {
  promise: Promise<T>
  resolve: (value: T | PromiseLike<T>) => void
  reject: (reason: unknown) => void
}

let resolving: (value: never) => void
let rejecting: (reason: unknown) => void

/** One executor for all: a closure for each promise would be a third of what the promise costs. */
function keep(resolve: (value: never) => void, reject: (reason: unknown) => void): void {
  resolving = resolve
  rejecting = reject
}

/** As Promise.withResolvers, which Node 20 does not have. */
export function withResolvers<T>(): Resolvers<T> {
  const promise = new Promise<T>(keep as ConstructorParameters<typeof Promise<T>>[0])
  return { promise, resolve: resolving as (value: T | PromiseLike<T>) => void, reject: rejecting }
}

/**
 * Resolves a promise with `value` as it is: a value that is a thenable itself is neither called nor awaited.
 *
 * A promise looks for `then` once, in the moment in which it is resolved; for that moment the value has none. Of a
 * value that cannot be changed (a frozen one, most proxies) the promise takes what it becomes, as always.
 */
export function resolveAsIs<T>(resolve: (value: T) => void, value: T): void {
  const restore = hideThen(value)
  try {
    resolve(value)
  } finally {
    restore?.()
  }
}

/**
 * Takes `then` away from a value that has one, until what is returned is called; null when it has none, or keeps it.
 */
export function hideThen(value: unknown): (() => void) | null {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return null
  try {
    if (!('then' in value)) return null
    const own = Reflect.getOwnPropertyDescriptor(value, 'then')
    if (!Reflect.defineProperty(value, 'then', own?.configurable === false ? { value: undefined } : NO_THEN))
      return null
    return () => {
      if (own === undefined) Reflect.deleteProperty(value, 'then')
      else Reflect.defineProperty(value, 'then', own)
    }
  } catch {
    // A proxy that refuses.
    return null
  }
}

const NO_THEN: PropertyDescriptor = { value: undefined, configurable: true }
