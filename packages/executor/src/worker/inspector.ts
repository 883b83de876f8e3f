/**
 * What must be known of values before they are posted, found in one look at each object.
 *
 * - Tasks that travel in one message must not meet in it: structured clone keeps identity within a message, so an
 *   object that two of them were given would be one object on the other side, and one would see what the other changes.
 * - A view brings its whole buffer along, and with it whatever else lies there: bytes of other connections, of other
 *   tasks. So a view that is smaller than its buffer is copied first.
 * - Memory cannot be shared with a process, and a message to one has a largest size.
 *
 * Nothing here is recursive, and an object that cannot be looked at is left to structured clone to refuse.
 * The function is self-contained: its source travels to workers.
 */
export interface Inspector {
  /**
   * Looks at the values of one task. `seen` are the objects of the tasks before it in the same message, and gets those
   * of this one; `moving` are objects that are not copied.
   */
  inspect(values: readonly unknown[], seen: Map<object, object>, moving: readonly object[]): Findings
  /** The same values, with views that have a buffer of their own; what holds none of them is left as it is. */
  withOwnBytes(values: readonly unknown[], moving: readonly object[]): unknown[]
  /** Copies that share nothing with the values, or null where that is better left to structured clone. */
  copyOf(values: readonly unknown[]): unknown[] | null
  /**
   * Whether objects with this prototype are copied field by field: literals, and instances of classes written in
   * JavaScript.
   */
  copiedByField(prototype: object | null): boolean
}

interface Findings {
  /** Some object was seen in another task's values; nothing else is known then. */
  overlaps: boolean
  /** There is shared memory. */
  shared: boolean
  /** There is a view that is smaller than its buffer. */
  partial: boolean
  /** About how large the copy will be. */
  bytes: number
}

export function createInspector(): Inspector {
  const known = new WeakMap<object, boolean>()
  const typedArrayTag = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype),
    Symbol.toStringTag,
  )!.get!

  const copiedByField = (prototype: object | null): boolean => {
    if (prototype === Object.prototype || prototype === null) return true
    const found = known.get(prototype)
    if (found !== undefined) return found
    let plain = true
    for (
      let each: object | null = prototype;
      plain && each !== null && each !== Object.prototype;
      each = Object.getPrototypeOf(each) as object | null
    ) {
      // The Object.prototype of another realm.
      if (Object.getPrototypeOf(each) === null && Object.hasOwn(each, 'isPrototypeOf')) break
      const { constructor } = each as { constructor?: unknown }
      plain =
        typeof constructor === 'function' &&
        !Function.prototype.toString.call(constructor).includes('[native code]') &&
        // Node's own classes that know how to be cloned say so with a symbol.
        !Object.getOwnPropertySymbols(each).some(({ description }) => description?.startsWith('messaging_') === true)
    }
    known.set(prototype, plain)
    return plain
  }

  const isView = (value: object): value is ArrayBufferView => ArrayBuffer.isView(value)

  const isPartial = (view: ArrayBufferView, moving: readonly object[]): boolean =>
    view.byteLength < view.buffer.byteLength && view.buffer instanceof ArrayBuffer && !moving.includes(view.buffer)

  const inspect = (values: readonly unknown[], seen: Map<object, object>, moving: readonly object[]): Findings => {
    const findings: Findings = { overlaps: false, shared: false, partial: false, bytes: 16 }
    const stack: object[] = []
    const note = (object: object): boolean => {
      const owner = seen.get(object)
      if (owner === undefined) {
        seen.set(object, values)
        return true
      }
      if (owner !== values) findings.overlaps = true
      return false
    }
    const look = (value: unknown): void => {
      if (typeof value === 'string') findings.bytes += 2 * value.length + 8
      else if (typeof value !== 'object' || value === null) findings.bytes += 9
      else if (value instanceof SharedArrayBuffer) findings.shared = true
      else if (note(value)) stack.push(value)
    }
    const open = (object: object): void => {
      if (Array.isArray(object)) {
        for (const each of object) look(each)
      } else if (isView(object)) {
        const { buffer } = object
        findings.bytes += object.byteLength
        if (!(buffer instanceof ArrayBuffer)) findings.shared = true
        else if (isPartial(object, moving)) findings.partial = true
        else note(buffer)
      } else if (object instanceof ArrayBuffer) {
        if (!moving.includes(object)) findings.bytes += object.byteLength
      } else if (object instanceof Map) {
        for (const [key, value] of object) {
          look(key)
          look(value)
        }
      } else if (object instanceof Set) {
        for (const each of object) look(each)
      } else if (copiedByField(Object.getPrototypeOf(object) as object | null)) {
        for (const key of Object.keys(object)) {
          findings.bytes += key.length + 4
          look((object as Record<string, unknown>)[key])
        }
      }
    }
    try {
      for (const value of values) look(value)
      for (let object = stack.pop(); object !== undefined && !findings.overlaps; object = stack.pop()) open(object)
    } catch {
      // A getter or a proxy that throws.
    }
    return findings
  }

  const ownView = (view: ArrayBufferView): ArrayBufferView => {
    const bytes = (view.buffer as ArrayBuffer).slice(view.byteOffset, view.byteOffset + view.byteLength)
    const tag = typedArrayTag.call(view) as string | undefined
    return tag === undefined
      ? new DataView(bytes)
      : new (globalThis as unknown as Record<string, new (b: ArrayBuffer) => ArrayBufferView>)[tag]!(bytes)
  }

  /** Copies the containers; `leaf` answers what stands for anything else. */
  const rebuild = (values: readonly unknown[], leaf: (value: object) => object): unknown[] => {
    const copies = new Map<object, object>()
    const open: (() => void)[] = []
    const put = (fields: object, key: string, value: unknown): void => {
      if (key === '__proto__')
        Object.defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true })
      else (fields as Record<string, unknown>)[key] = value
    }
    const copy = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value
      const made = copies.get(value)
      if (made !== undefined) return made
      let copied: object
      if (Array.isArray(value)) {
        // Holes stay holes.
        const list: unknown[] = (copied = Array.prototype.slice.call(value))
        open.push(() => {
          for (let i = 0; i < list.length; i++) if (typeof list[i] === 'object') list[i] = copy(list[i])
        })
      } else if (value instanceof Map) {
        const map = (copied = new Map<unknown, unknown>())
        open.push(() => {
          for (const [key, each] of value) map.set(copy(key), copy(each))
        })
      } else if (value instanceof Set) {
        const set = (copied = new Set<unknown>())
        open.push(() => {
          for (const each of value) set.add(copy(each))
        })
      } else if (!isView(value) && copiedByField(Object.getPrototypeOf(value) as object | null)) {
        const fields = (copied = {})
        open.push(() => {
          for (const key of Object.keys(value)) put(fields, key, copy((value as Record<string, unknown>)[key]))
        })
      } else copied = leaf(value)
      copies.set(value, copied)
      return copied
    }
    const own = values.map(copy)
    for (let next = open.pop(); next !== undefined; next = open.pop()) next()
    return own
  }

  const withOwnBytes = (values: readonly unknown[], moving: readonly object[]): unknown[] =>
    rebuild(values, (value) => (isView(value) && isPartial(value, moving) ? ownView(value) : value))

  /** Bytes beyond which copying them here, to spare a message, costs more than the message. */
  const SMALL = 4096
  const NOT_HERE = {}

  const copyOf = (values: readonly unknown[]): unknown[] | null => {
    try {
      return rebuild(values, (value) => {
        if (isView(value) && value.buffer instanceof ArrayBuffer && value.byteLength <= SMALL) return ownView(value)
        if (value instanceof Date) return new Date(value)
        // The same memory for all is what it is for.
        if (value instanceof SharedArrayBuffer) return value
        throw NOT_HERE
      })
    } catch {
      return null
    }
  }

  return { inspect, withOwnBytes, copyOf, copiedByField }
}
