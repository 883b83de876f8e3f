/** Rebuilds on the caller's side what a worker's task threw. */
import { CancelledError, InvalidStateError, LoopClosedError, NotSupportedError, TimeoutError } from '@loop/core'
import type { Encoded, EncodedError } from './worker/error-codec.ts'

/** A class of errors, abstract ones included. */
export type ErrorClass = abstract new (...args: never[]) => Error

const builtin: Readonly<Record<string, ErrorClass>> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
  DOMException,
}

const registered = new Map<string, ErrorClass>(
  [CancelledError, InvalidStateError, LoopClosedError, NotSupportedError, TimeoutError].map((each) => [each.name, each]),
)

/**
 * Makes errors of this class that a worker throws arrive as instances of it; the constructor is not called again.
 *
 * Without it an error keeps the class's name, message, properties and built-in base, so that `instanceof TypeError` holds
 * where it did in the worker.
 *
 * @example
 * class PaymentRefused extends Error {}
 * registerErrorClass(PaymentRefused)
 */
export function registerErrorClass(errorClass: ErrorClass): void {
  if (typeof errorClass !== 'function' || !(errorClass.prototype instanceof Error)) {
    throw new TypeError('registerErrorClass takes a class that extends Error')
  }
  registered.set(errorClass.name, errorClass)
}

/** The thrown value; `caller` is the stack of the submit, appended to the worker's. */
export function decodeError(encoded: Encoded, caller?: string): unknown {
  return encoded.error ? rebuild(encoded, caller) : encoded.value
}

function rebuild(encoded: EncodedError, caller: string | undefined): Error {
  const errorClass = registered.get(encoded.type) ?? builtin[encoded.base] ?? Error
  const error = (errorClass === DOMException ? new DOMException(encoded.message, encoded.name) : blank(errorClass)) as Error
  const hidden = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false })
  }
  if (errorClass !== DOMException) {
    hidden('message', encoded.message)
    if (error.name !== encoded.name) hidden('name', encoded.name)
    else if (error.name !== encoded.type && !registered.has(encoded.type) && encoded.type !== encoded.base) hidden('name', encoded.type)
  }
  hidden('stack', joinStacks(encoded, caller))
  if (encoded.cause !== undefined) hidden('cause', decodeError(encoded.cause))
  if (encoded.errors !== undefined) hidden('errors', encoded.errors.map((each) => decodeError(each)))
  for (const [key, value] of Object.entries(encoded.props)) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: true })
  }
  return error
}

/** A true Error (its stack and `Object.prototype.toString` are those of one) with the class's prototype. */
function blank(errorClass: ErrorClass): Error {
  return Object.setPrototypeOf(new Error(), errorClass.prototype as object) as Error
}

function joinStacks(encoded: EncodedError, caller: string | undefined): string {
  const own = encoded.stack ?? `${encoded.name}: ${encoded.message}`
  if (caller === undefined) return own
  const frames = caller.slice(caller.indexOf('\n') + 1)
  return `${own}\n    --- submitted ---\n${frames}`
}
