/**
 * Carries what a task threw from a worker to the caller: class, message, stack, own fields, cause and errors.
 *
 * Structured clone keeps less: it loses the name of a subclass and every own field. So each Error is written down as a
 * record of cloneable parts and rebuilt on the other side. Records refer to each other by number, so every object is
 * looked at once, whatever circles there are, and the work grows with the size of what was thrown. Each part that
 * cannot be read or copied is replaced by a text of its own; the rest is kept. Workers use it, so
 * it calls nothing that a task can replace.
 */
import * as intrinsics from '../worker/intrinsics.ts'
import {
  append,
  clone,
  contains,
  defineProperty,
  getPrototypeOf,
  isArray,
  isView,
  mapForEach,
  mapSet,
  objectKeys,
  objectToString,
  setAdd,
  setForEach,
  toText,
} from '../worker/intrinsics.ts'
import { copiedByField, withOwnBytes } from './inspector.ts'

/** One Error, ready to be cloned. */
export interface ErrorRecord {
  /** Name of the class. */
  readonly type: string
  /** Name of the nearest built-in class it extends. */
  readonly base: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Its other own fields; `values` stands beside. */
  readonly names: readonly string[]
  readonly values: readonly unknown[]
  /** The cause in an array, empty when there is none. */
  readonly cause: readonly unknown[]
  /** What an AggregateError has gathered, in an array, empty when it is no such thing. */
  readonly errors: readonly unknown[]
}

/** Anything thrown. */
export interface Encoded {
  /** What was thrown, in an array of one. */
  readonly root: readonly unknown[]
  readonly records: readonly ErrorRecord[]
  /** Where errors stand: flat, the array, object, Map or Set; the key in it; the number of the record; and so on. */
  readonly links: readonly unknown[]
}

const { ErrorOf, MapOf, OwnMap, SetOf } = intrinsics

/**
 * Levels of plain data, far beyond honest ones: structured clone is recursive. Errors do not count, they stand side by
 * side.
 */
const DEEPEST = 100

const builtin = [
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
  'DOMException',
  'Error',
]

function attempt<T>(read: () => T, otherwise: (failure: unknown) => T): T {
  try {
    return read()
  } catch (failure) {
    return otherwise(failure)
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'function') {
    const name = attempt(
      () => toText(value.name),
      () => '',
    )
    return `[function ${name}]`
  }
  return attempt(
    () => toText(value),
    () => '[a value that has no text]',
  )
}

function unreadable(failure: unknown): string {
  const message = attempt(
    () => (failure as { message?: unknown }).message,
    () => failure,
  )
  return `[could not be read: ${textOf(message)}]`
}

function field(object: object, key: string): unknown {
  return attempt(() => (object as Record<string, unknown>)[key], unreadable)
}

function keysOf(object: object): readonly string[] {
  return attempt(
    () => objectKeys(object),
    () => [],
  )
}

function has(object: object, key: string): boolean {
  return attempt(
    () => key in object,
    () => false,
  )
}

function isError(value: object): boolean {
  return attempt(
    () => value instanceof ErrorOf || objectToString(value) === '[object Error]',
    () => false,
  )
}

function nameOfClass(prototype: unknown): string | undefined {
  const name = attempt(
    () => (prototype as { constructor?: { name?: unknown } } | null)?.constructor?.name,
    () => undefined,
  )
  return typeof name === 'string' && name !== '' ? name : undefined
}

function baseOf(error: object): string {
  return attempt(
    () => {
      for (let each = getPrototypeOf(error); each !== null; each = getPrototypeOf(each)) {
        const name = nameOfClass(each)
        if (name !== undefined && contains(builtin, name)) return name
      }
      return 'Error'
    },
    () => 'Error',
  )
}

function put(holder: object, key: unknown, value: unknown): void {
  if (holder instanceof MapOf) mapSet(holder, key, value)
  else if (holder instanceof SetOf) setAdd(holder, value)
  else defineProperty(holder, key as string, { value, writable: true, enumerable: true, configurable: true })
}

/** What was thrown as records that structured clone takes, whatever it is. */
export function encodeError(thrown: unknown): Encoded {
  return attempt(
    () => new Encoding().walk(thrown),
    (failure) => ({
      root: [`[a value that could not be read was thrown: ${textOf(failure)}]`],
      records: [],
      links: [],
    }),
  )
}

/** One thrown value on its way into records. */
class Encoding {
  private readonly records: ErrorRecord[] = []
  private readonly links: unknown[] = []
  private readonly numbers = new OwnMap<object, number>()
  private readonly copies = new OwnMap<object, unknown>()
  private readonly waiting: (() => void)[] = []

  walk(thrown: unknown): Encoded {
    const { records, links, waiting } = this
    const root: unknown[] = []
    this.place(root, 0, thrown, 0)
    while (waiting.length > 0) {
      const next = waiting[waiting.length - 1]!
      waiting.length--
      next()
    }
    return { root, records, links }
  }

  /** Puts a copy of `value` into an array or object of ours. */
  private place(holder: object, key: unknown, value: unknown, depth: number): void {
    if (typeof value === 'function' || typeof value === 'symbol') put(holder, key, textOf(value))
    else if (typeof value !== 'object' || value === null) put(holder, key, value)
    else if (isError(value)) {
      const number = this.numberOf(value)
      append(this.links, holder)
      append(this.links, key)
      append(this.links, number)
      if (!(holder instanceof SetOf)) put(holder, key, undefined)
    } else {
      const { copies } = this
      if (!copies.has(value)) {
        const tooDeep = `[nested more than ${DEEPEST} levels deep]`
        copies.set(value, depth < DEEPEST ? this.copyOf(value, depth + 1) : tooDeep)
      }
      put(holder, key, copies.get(value))
    }
  }

  private copyOf(value: object, depth: number): unknown {
    const { waiting } = this
    if (isArray(value)) {
      const list: unknown[] = []
      list.length = value.length
      this.fill(list, value, depth)
      return list
    }
    if (value instanceof MapOf) {
      const map = new MapOf<unknown, unknown>()
      append(waiting, () => {
        mapForEach(value, (each, key) => {
          const name: unknown[] = []
          this.place(name, 0, key, depth)
          this.place(map, name[0], each, depth)
        })
      })
      return map
    }
    if (value instanceof SetOf) {
      const set = new SetOf<unknown>()
      append(waiting, () => {
        setForEach(value, (each) => {
          this.place(set, undefined, each, depth)
        })
      })
      return set
    }
    const plain = attempt(
      () => copiedByField(getPrototypeOf(value)),
      () => false,
    )
    if (plain) {
      const fields = {}
      this.fill(fields, value, depth)
      return fields
    }
    return attempt(
      () => clone(isView(value) ? withOwnBytes([value], [])[0] : value),
      () => textOf(value),
    )
  }

  private fill(holder: object, from: object, depth: number): void {
    append(this.waiting, () => {
      const keys = keysOf(from)
      for (let i = 0; i < keys.length; i++) this.place(holder, keys[i], field(from, keys[i]!), depth)
    })
  }

  private numberOf(error: object): number {
    const { numbers, records } = this
    const known = numbers.get(error)
    if (known !== undefined) return known
    const number = records.length
    numbers.set(error, number)
    const type = nameOfClass(error) ?? 'Error'
    const message = field(error, 'message')
    const name = field(error, 'name')
    const stack = attempt(
      () => (error as Error).stack as unknown,
      () => undefined,
    )
    const record = {
      type,
      base: baseOf(error),
      name: typeof name === 'string' ? name : type,
      message: typeof message === 'string' ? message : textOf(message),
      stack: typeof stack === 'string' ? stack : undefined,
      names: [] as string[],
      values: [] as unknown[],
      cause: [],
      errors: [],
    }
    append(records, record)
    append(this.waiting, () => {
      const keys = keysOf(error)
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i]!
        if (isKept(key) || (key === 'name' && typeof name !== 'string')) continue
        append(record.names, key)
        this.place(record.values, record.names.length - 1, field(error, key), 0)
      }
      if (has(error, 'cause')) this.place(record.cause, 0, field(error, 'cause'), 0)
      if (has(error, 'errors')) this.place(record.errors, 0, field(error, 'errors'), 0)
    })
    return number
  }
}

/** What a record has a place of its own for. */
function isKept(key: string): boolean {
  return key === 'stack' || key === 'cause' || key === 'errors' || key === 'message'
}
