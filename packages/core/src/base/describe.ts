/**
 * Values of programs as text. Anything can be thrown, returned or passed: an error whose `message` is a getter that
 * throws, an object without a prototype, a revoked proxy, a symbol. Whatever prints such a value prints it through
 * here, and never fails.
 */
import { inspect, type InspectOptions, types } from 'node:util'
import type { AnyFunction } from '../contracts/services.ts'

/** What is shown of a value that resists every way of showing it. */
const UNREADABLE = '(a value that cannot be shown)'
const UNREADABLE_MESSAGE = '(a message that cannot be read)'

/** A value in one message: long texts and large structures are cut. */
const BRIEF: InspectOptions = {
  depth: 1,
  compact: true,
  breakLength: Infinity,
  maxArrayLength: 10,
  maxStringLength: 200,
}

/**
 * A value as text inside of a message, without stacks: `'text'`, `Symbol(x)`, `the function work`, `{ id: 7 }`,
 * `TypeError: no settings`. Never throws, whatever the value is.
 */
export function describe(value: unknown): string {
  if (typeof value === 'function') return describeFunction(value as Named)
  if (!types.isNativeError(value)) return show(value, BRIEF)
  const { name, message } = readError(value)
  return name === undefined && message === undefined
    ? show(value, BRIEF)
    : `${name ?? 'Error'}: ${message ?? UNREADABLE_MESSAGE}`
}

/**
 * The message of an error, or whatever else was thrown, as text. Never throws, and calls no more of the value than its
 * `message`.
 */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  try {
    if (thrown !== null && typeof thrown === 'object') {
      const { message } = thrown as { message?: unknown }
      if (typeof message === 'string' && message !== '') return message
      if (message !== undefined && message !== '') return describe(message)
    }
  } catch {
    // Its message cannot be read; what can be seen of it from outside follows.
  }
  return describe(thrown)
}

/** A value whole, an error with its stack, causes and properties, as text over several lines. Never throws. */
export function describeFully(value: unknown, options: InspectOptions = {}): string {
  return show(value, options)
}

interface Named {
  readonly name?: unknown
}

function describeFunction(fn: Named): string {
  try {
    return typeof fn.name === 'string' && fn.name !== '' ? `the function ${fn.name}` : 'a function'
  } catch {
    return 'a function'
  }
}

/** By Node's `inspect`; without the value's own method when that throws; then by ever less of the value. */
function show(value: unknown, options: InspectOptions): string {
  for (const attempt of [
    () => inspect(value, options),
    () => inspect(value, { ...options, customInspect: false }),
    () => showError(value),
    () => Object.prototype.toString.call(value),
  ]) {
    try {
      return attempt()
    } catch {
      // The next way asks less of it.
    }
  }
  return UNREADABLE
}

/** The text of an error of which not everything can be read. */
function showError(error: unknown): string {
  const { name, message, stack } = readError(error)
  if (stack !== undefined) return stack
  if (name === undefined && message === undefined) return Object.prototype.toString.call(error)
  return `${name ?? 'Error'}: ${message ?? UNREADABLE_MESSAGE}`
}

type ErrorText = { readonly [part in 'name' | 'message' | 'stack']: string | undefined }

/** What can be read of an error, part by part. */
function readError(error: unknown): ErrorText {
  return { name: readText(error, 'name'), message: readText(error, 'message'), stack: readText(error, 'stack') }
}

/** A property of a value as text; undefined when it is none, or cannot be read. */
export function readText(from: unknown, key: string): string | undefined {
  try {
    const part = (from as Readonly<Record<string, unknown>>)[key]
    return typeof part === 'symbol' ? part.toString() : typeof part === 'string' ? part : undefined
  } catch {
    return undefined
  }
}

/** The name of a function, or '(anonymous)'. */
export function nameOf(fn: AnyFunction): string {
  try {
    const { name } = fn as { readonly name: unknown }
    return typeof name === 'string' && name !== '' ? name : '(anonymous)'
  } catch {
    return '(anonymous)'
  }
}
