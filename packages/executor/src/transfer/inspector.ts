/**
 * What must be known of values before they are posted, found in one look at each object.
 *
 * - Tasks that travel in one message must not meet in it: structured clone keeps identity within a message, so an
 *   object that two of them were given would be one object on the other side, and one would see what the other changes.
 * - A view brings its whole buffer along, and with it whatever else lies there: bytes of other connections, of other
 *   tasks. So a view that is smaller than its buffer is copied first.
 * - Memory cannot be shared with a process, and a message to one has a largest size.
 *
 * Nothing here is recursive, and an object that cannot be looked at is left to structured clone to refuse. Workers use
 * it too, so it calls nothing that a task can replace.
 */
import * as intrinsics from '../worker/intrinsics.ts'
import {
  append,
  bufferLength,
  bufferOf,
  bufferSlice,
  contains,
  dateTime,
  defineProperty,
  functionToString,
  getOwnPropertySymbols,
  getPrototypeOf,
  hasOwn,
  isArray,
  isView,
  lengthOf,
  mapForEach,
  mapSet,
  objectKeys,
  objectPrototype,
  offsetOf,
  setAdd,
  setForEach,
  symbolDescription,
  stringIncludes,
  stringStartsWith,
  typedArrayName,
  typedArrays,
} from '../worker/intrinsics.ts'

export interface Findings {
  /** Some object was seen in another task's values; nothing else is known then. */
  overlaps: boolean
  /** There is shared memory. */
  shared: boolean
  /** There is a view that is smaller than its buffer. */
  partial: boolean
  /** About how large the copy will be. */
  bytes: number
}

const { ArrayBufferOf, DataViewOf, DateOf, MapOf, SetOf, SharedArrayBufferOf, OwnMap, OwnWeakMap } = intrinsics

const fieldwise = new OwnWeakMap<object, boolean>()

/**
 * Whether objects with this prototype are copied field by field: literals, and instances of classes written in
 * JavaScript.
 */
export function copiedByField(prototype: object | null): boolean {
  if (prototype === objectPrototype || prototype === null) return true
  const found = fieldwise.get(prototype)
  if (found !== undefined) return found
  const plain = isWrittenInJavaScript(prototype)
  fieldwise.set(prototype, plain)
  return plain
}

function isWrittenInJavaScript(prototype: object): boolean {
  for (let each: object | null = prototype; each !== null && each !== objectPrototype; each = getPrototypeOf(each)) {
    // The Object.prototype of another realm.
    if (getPrototypeOf(each) === null && hasOwn(each, 'isPrototypeOf')) return true
    const { constructor } = each as { constructor?: unknown }
    if (typeof constructor !== 'function' || stringIncludes(functionToString(constructor), '[native code]'))
      return false
    // Node's own classes that know how to be cloned say so with a symbol.
    const symbols = getOwnPropertySymbols(each)
    for (let i = 0; i < symbols.length; i++) {
      if (stringStartsWith(symbolDescription(symbols[i]!) ?? '', 'messaging_')) return false
    }
  }
  return true
}

function isPartial(view: ArrayBufferView, moving: readonly object[]): boolean {
  const buffer = bufferOf(view)
  return buffer instanceof ArrayBufferOf && lengthOf(view) < bufferLength(buffer) && !contains(moving, buffer)
}

/**
 * Looks at the values of one task. `seen` are the objects of the tasks before it in the same message, and gets those of
 * this one; `moving` are objects that are not copied.
 */
export function inspect(values: readonly unknown[], seen: Map<object, object>, moving: readonly object[]): Findings {
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
    else if (value instanceof SharedArrayBufferOf) findings.shared = true
    else if (note(value)) append(stack, value)
  }
  const open = (object: object): void => {
    if (isArray(object)) {
      for (let i = 0; i < object.length; i++) look(object[i])
    } else if (isView(object)) {
      const buffer = bufferOf(object)
      findings.bytes += lengthOf(object)
      if (!(buffer instanceof ArrayBufferOf)) findings.shared = true
      else if (isPartial(object, moving)) findings.partial = true
      else note(buffer)
    } else if (object instanceof ArrayBufferOf) {
      if (!contains(moving, object)) findings.bytes += bufferLength(object)
    } else if (object instanceof MapOf) {
      mapForEach(object, (value, key) => {
        look(key)
        look(value)
      })
    } else if (object instanceof SetOf) setForEach(object, look)
    else if (copiedByField(getPrototypeOf(object))) {
      const keys = objectKeys(object)
      for (let i = 0; i < keys.length; i++) {
        findings.bytes += keys[i]!.length + 4
        look((object as Record<string, unknown>)[keys[i]!])
      }
    }
  }
  try {
    for (let i = 0; i < values.length; i++) look(values[i])
    while (stack.length > 0 && !findings.overlaps) {
      const object = stack[stack.length - 1]!
      stack.length--
      open(object)
    }
  } catch {
    // A getter or a proxy that throws.
  }
  return findings
}

function ownView(view: ArrayBufferView): ArrayBufferView {
  const from = offsetOf(view)
  const bytes = bufferSlice(bufferOf(view) as ArrayBuffer, from, from + lengthOf(view))
  const name = typedArrayName(view)
  return name === undefined ? new DataViewOf(bytes) : new typedArrays[name]!(bytes)
}

/** Copies the containers; `leaf` answers what stands for anything else. */
function rebuild(values: readonly unknown[], leaf: (value: object) => object): unknown[] {
  const copies = new OwnMap<object, object>()
  const waiting: (() => void)[] = []
  const put = (fields: object, key: string, value: unknown): void => {
    if (key === '__proto__')
      defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true })
    else (fields as Record<string, unknown>)[key] = value
  }
  const copy = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const made = copies.get(value)
    if (made !== undefined) return made
    let copied: object
    if (isArray(value)) {
      const list: unknown[] = (copied = [])
      list.length = value.length
      append(waiting, () => {
        // Holes stay holes.
        for (let i = 0; i < value.length; i++) if (i in value) list[i] = copy(value[i])
      })
    } else if (value instanceof MapOf) {
      const map = (copied = new MapOf<unknown, unknown>())
      append(waiting, () => {
        mapForEach(value, (each, key) => {
          mapSet(map, copy(key), copy(each))
        })
      })
    } else if (value instanceof SetOf) {
      const set = (copied = new SetOf<unknown>())
      append(waiting, () => {
        setForEach(value, (each) => {
          setAdd(set, copy(each))
        })
      })
    } else if (!isView(value) && copiedByField(getPrototypeOf(value))) {
      const fields = (copied = {})
      append(waiting, () => {
        const keys = objectKeys(value)
        for (let i = 0; i < keys.length; i++) put(fields, keys[i]!, copy((value as Record<string, unknown>)[keys[i]!]))
      })
    } else copied = leaf(value)
    copies.set(value, copied)
    return copied
  }
  const own: unknown[] = []
  for (let i = 0; i < values.length; i++) own[i] = copy(values[i])
  while (waiting.length > 0) {
    const next = waiting[waiting.length - 1]!
    waiting.length--
    next()
  }
  return own
}

/** The same values, with views that have a buffer of their own; what holds none of them is left as it is. */
export function withOwnBytes(values: readonly unknown[], moving: readonly object[]): unknown[] {
  return rebuild(values, (value) => (isView(value) && isPartial(value, moving) ? ownView(value) : value))
}

/** Bytes beyond which copying them here, to spare a message, costs more than the message. */
const SMALL = 4096
const NOT_HERE = {}

/** Copies that share nothing with the values, or null where that is better left to structured clone. */
export function copyOf(values: readonly unknown[]): unknown[] | null {
  try {
    return rebuild(values, (value) => {
      if (isView(value) && bufferOf(value) instanceof ArrayBufferOf && lengthOf(value) <= SMALL) return ownView(value)
      if (value instanceof DateOf) return new DateOf(dateTime(value))
      // The same memory for all is what it is for.
      if (value instanceof SharedArrayBufferOf) return value
      throw NOT_HERE
    })
  } catch {
    return null
  }
}
