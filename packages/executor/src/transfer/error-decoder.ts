/** Rebuilds on the caller's side what a worker's task threw. */
import { CancelledError, InvalidStateError, LoopClosedError, NotSupportedError, TimeoutError } from '@loop/core'
import { PoolDeadlockError } from '../errors.ts'
import type { Encoded, ErrorRecord } from './error-encoder.ts'

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
  [CancelledError, InvalidStateError, LoopClosedError, NotSupportedError, TimeoutError, PoolDeadlockError].map(
    (each) => [each.name, each],
  ),
)

/**
 * Makes errors of this class that a worker throws arrive as instances of it; the constructor is not called again.
 *
 * Without it an error keeps the class's name, message, properties and built-in base, so that `instanceof TypeError`
 * holds where it did in the worker.
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
export function decodeError({ root, records, links }: Encoded, caller?: string): unknown {
  const errors = records.map(emptyError)
  for (let i = 0; i < links.length; i += 3) put(links[i] as object, links[i + 1], errors[links[i + 2] as number])
  const thrown = root[0]
  for (const [number, record] of records.entries())
    fill(errors[number]!, record, errors[number] === thrown ? caller : undefined)
  return thrown
}

function put(holder: object, key: unknown, error: unknown): void {
  if (holder instanceof Map) holder.set(key, error)
  else if (holder instanceof Set) holder.add(error)
  else
    Object.defineProperty(holder, key as string, { value: error, writable: true, configurable: true, enumerable: true })
}

function emptyError({ type, base, message, name }: ErrorRecord): Error {
  const errorClass = registered.get(type) ?? builtin[base] ?? Error
  return errorClass === DOMException ? (new DOMException(message, name) as Error) : blank(errorClass)
}

function fill(error: Error, record: ErrorRecord, caller: string | undefined): void {
  const { type, base, name, message, names, values, cause, errors } = record
  const hidden = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false })
  }
  if (!(error instanceof DOMException)) {
    hidden('message', message)
    if (error.name !== name) hidden('name', name)
    else if (error.name !== type && !registered.has(type) && type !== base) hidden('name', type)
  }
  hidden('stack', joinStacks(record, caller))
  if (cause.length > 0) hidden('cause', cause[0])
  if (errors.length > 0) hidden('errors', errors[0])
  for (const [i, key] of names.entries()) {
    Object.defineProperty(error, key, { value: values[i], writable: true, configurable: true, enumerable: true })
  }
}

/** A true Error (its stack and `Object.prototype.toString` are those of one) with the class's prototype. */
function blank(errorClass: ErrorClass): Error {
  return Object.setPrototypeOf(new Error(), errorClass.prototype as object) as Error
}

function joinStacks(encoded: ErrorRecord, caller: string | undefined): string {
  const own = encoded.stack ?? `${encoded.name}: ${encoded.message}`
  if (caller === undefined) return own
  const frames = caller.slice(caller.indexOf('\n') + 1)
  return `${own}\n    --- submitted ---\n${frames}`
}
