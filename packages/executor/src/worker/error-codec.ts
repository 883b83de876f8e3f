/**
 * Carries what a task threw from a worker to the caller: class, message, stack, own fields, cause and errors.
 *
 * Structured clone keeps less: it loses the name of a subclass and every own field. So each Error is written down as a
 * record of cloneable parts and rebuilt on the other side. Records refer to each other by number, so every object is
 * looked at once, whatever circles there are, and the work grows with the size of what was thrown. Each part that
 * cannot be read or copied is replaced by a text of its own; the rest is kept. Self-contained: the source of the
 * encoder travels to workers.
 */
import type { Inspector } from './inspector.ts'

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

export function createErrorEncoder({ copiedByField, withOwnBytes }: Inspector): (thrown: unknown) => Encoded {
  // Levels of plain data, far beyond honest ones: structured clone is recursive. Errors do not count, they stand side
  // by side.
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

  const attempt = <T>(read: () => T, otherwise: (failure: unknown) => T): T => {
    try {
      return read()
    } catch (failure) {
      return otherwise(failure)
    }
  }
  const textOf = (value: unknown): string => {
    if (typeof value === 'function')
      return `[function ${attempt(
        () => String(value.name),
        () => '',
      )}]`
    return attempt(
      () => String(value),
      () => '[a value that has no text]',
    )
  }
  const unreadable = (failure: unknown): string =>
    `[could not be read: ${textOf(
      attempt(
        () => (failure as { message?: unknown }).message,
        () => failure,
      ),
    )}]`
  const field = (object: object, key: string): unknown =>
    attempt(() => (object as Record<string, unknown>)[key], unreadable)
  const isError = (value: object): boolean =>
    attempt(
      () => value instanceof Error || Object.prototype.toString.call(value) === '[object Error]',
      () => false,
    )
  const nameOfClass = (prototype: unknown): string | undefined => {
    const name = attempt(
      () => (prototype as { constructor?: { name?: unknown } } | null)?.constructor?.name,
      () => undefined,
    )
    return typeof name === 'string' && name !== '' ? name : undefined
  }
  const baseOf = (error: object): string =>
    attempt(
      () => {
        for (let each: unknown = Object.getPrototypeOf(error); each !== null; each = Object.getPrototypeOf(each)) {
          const name = nameOfClass(each)
          if (name !== undefined && builtin.includes(name)) return name
        }
        return 'Error'
      },
      () => 'Error',
    )

  const encode = (thrown: unknown): Encoded => {
    const records: ErrorRecord[] = []
    const links: unknown[] = []
    const numbers = new Map<object, number>()
    const copies = new Map<object, unknown>()
    const waiting: (() => void)[] = []

    const put = (holder: object, key: unknown, value: unknown): void => {
      if (holder instanceof Map) holder.set(key, value)
      else if (holder instanceof Set) holder.add(value)
      else Object.defineProperty(holder, key as string, { value, writable: true, enumerable: true, configurable: true })
    }

    /** Puts a copy of `value` into an array or object of ours. */
    const place = (holder: object, key: unknown, value: unknown, depth: number): void => {
      if (typeof value === 'function' || typeof value === 'symbol') put(holder, key, textOf(value))
      else if (typeof value !== 'object' || value === null) put(holder, key, value)
      else if (isError(value)) {
        links.push(holder, key, numberOf(value))
        if (!(holder instanceof Set)) put(holder, key, undefined)
      } else {
        if (!copies.has(value))
          copies.set(value, depth < DEEPEST ? copyOf(value, depth + 1) : `[nested more than ${DEEPEST} levels deep]`)
        put(holder, key, copies.get(value))
      }
    }

    const copyOf = (value: object, depth: number): unknown => {
      if (Array.isArray(value)) {
        const list: unknown[] = []
        list.length = value.length
        fill(list, value, depth)
        return list
      }
      if (value instanceof Map) {
        const map = new Map<unknown, unknown>()
        waiting.push(() => {
          for (const [key, each] of value) {
            const name: unknown[] = []
            place(name, 0, key, depth)
            place(map, name[0], each, depth)
          }
        })
        return map
      }
      if (value instanceof Set) {
        const set = new Set<unknown>()
        waiting.push(() => {
          for (const each of value) place(set, undefined, each, depth)
        })
        return set
      }
      if (
        attempt(
          () => copiedByField(Object.getPrototypeOf(value) as object | null),
          () => false,
        )
      ) {
        const fields = {}
        fill(fields, value, depth)
        return fields
      }
      return attempt(
        () => structuredClone(ArrayBuffer.isView(value) ? withOwnBytes([value], [])[0] : value),
        () => textOf(value),
      )
    }

    const fill = (holder: object, from: object, depth: number): void => {
      waiting.push(() => {
        for (const key of attempt(
          () => Object.keys(from),
          () => [],
        ))
          place(holder, key, field(from, key), depth)
      })
    }

    const numberOf = (error: object): number => {
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
        values: [],
        cause: [],
        errors: [],
      }
      records.push(record)
      waiting.push(() => {
        for (const key of attempt(
          () => Object.keys(error),
          () => [],
        )) {
          if (
            key === 'stack' ||
            key === 'cause' ||
            key === 'errors' ||
            key === 'message' ||
            (key === 'name' && typeof name !== 'string')
          )
            continue
          place(record.values, record.names.push(key) - 1, field(error, key), 0)
        }
        if (
          attempt(
            () => 'cause' in error,
            () => false,
          )
        )
          place(record.cause, 0, field(error, 'cause'), 0)
        if (
          attempt(
            () => 'errors' in error,
            () => false,
          )
        )
          place(record.errors, 0, field(error, 'errors'), 0)
      })
      return number
    }

    const root: unknown[] = []
    place(root, 0, thrown, 0)
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) next()
    return { root, records, links }
  }

  return (thrown) =>
    attempt(
      () => encode(thrown),
      (failure) => ({
        root: [`[a value that could not be read was thrown: ${textOf(failure)}]`],
        records: [],
        links: [],
      }),
    )
}
