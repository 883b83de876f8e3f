/** A promise together with the functions that settle it. */
export interface OpenPromise<T> {
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
export function openPromise<T>(): OpenPromise<T> {
  const promise = new Promise<T>(keep as ConstructorParameters<typeof Promise<T>>[0])
  return { promise, resolve: resolving as (value: T | PromiseLike<T>) => void, reject: rejecting }
}
