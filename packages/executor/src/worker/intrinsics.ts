/**
 * What a worker's own code uses of the language and of Node, as it was when the worker started.
 *
 * Tasks run in the same realm, and a task may replace `Array.prototype.push` or `Atomics.store`, by mistake or for a
 * purpose. Then the worker must still answer, so its code calls nothing that a task can reach: methods are taken here,
 * before the first task, and called with their object as the first argument. Instead of `for … of`, spread and array
 * patterns, which all go through replaceable iterators, it counts with an index. A test reads the bundled programs and
 * finds what breaks this rule; another one replaces everything, one thing after the other.
 */

type Method<T, A extends unknown[], R> = (this: T, ...args: A) => R
type Unbound<T, A extends unknown[], R> = (self: T, ...args: A) => R

const unbind = Function.prototype.bind.bind(Function.prototype.call) as unknown as (
  method: unknown,
) => (...args: unknown[]) => unknown

/** A method as a function that takes its object as the first argument. */
export const uncurryThis = unbind as <T, A extends unknown[], R>(method: Method<T, A, R>) => Unbound<T, A, R>

/** The getter of an accessor property, as a function of the object. */
const getter = <T, R>(holder: object, key: PropertyKey): ((self: T) => R) =>
  unbind(Object.getOwnPropertyDescriptor(holder, key)!.get) as (self: T) => R

export const { apply, getPrototypeOf } = Reflect
export const { keys: objectKeys, defineProperty, defineProperties, hasOwn, getOwnPropertySymbols } = Object
export const { getOwnPropertyDescriptor } = Object
export const objectPrototype = Object.prototype
export const objectToString = uncurryThis(Object.prototype.toString) as (value: unknown) => string
export const functionToString = uncurryThis(Function.prototype.toString) as (fn: unknown) => string

/** A listener that Node can call whatever became of `Function.prototype.apply`, which its emitter looks up. */
export function listener<A extends unknown[]>(fn: (...args: A) => void): (...args: A) => void {
  const call = (_self: unknown, args: A): void => {
    apply(fn, undefined, args)
  }
  return defineProperty(fn, 'apply', { value: call })
}

export const symbolDescription = getter<symbol, string | undefined>(Symbol.prototype, 'description')

export const { isArray } = Array
export const stringIncludes = uncurryThis(String.prototype.includes) as (text: string, part: string) => boolean
export const stringStartsWith = uncurryThis(String.prototype.startsWith) as (text: string, part: string) => boolean
/** `String(value)`. */
export const toText = String

// Of arrays, even `slice` is looked for in a replaceable place: it makes its result with their `constructor`.
/** Adds an item to an array. */
export function append<T>(list: T[], item: T): void {
  list[list.length] = item
}

/** The items from one index to before another. */
export function part<T>(list: readonly T[], from: number, to: number): T[] {
  const items: T[] = []
  for (let i = from; i < to; i++) items[i - from] = list[i]!
  return items
}

/** Whether an item is in an array. */
export function contains(list: readonly unknown[], item: unknown): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] === item) return true
  return false
}

export const { load, store, exchange, compareExchange, add, wait } = Atomics

export const MapOf = Map
export const SetOf = Set
/** Of the maps and sets of tasks. */
export const mapSet = unbind(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => void
export const mapForEach = unbind(Map.prototype.forEach) as <K, V>(
  map: ReadonlyMap<K, V>,
  each: (value: V, key: K) => void,
) => void
export const setAdd = unbind(Set.prototype.add) as <V>(set: Set<V>, value: V) => void
export const setForEach = unbind(Set.prototype.forEach) as <V>(set: ReadonlySet<V>, each: (value: V) => void) => void

/** Gives a class the methods of its base as its own, and nothing above them. */
function keepMethods(own: { readonly prototype: object }, base: object): void {
  for (const key of Reflect.ownKeys(base)) {
    if (key === 'constructor') continue
    Object.defineProperty(own.prototype, key, Object.getOwnPropertyDescriptor(base, key)!)
  }
  Object.setPrototypeOf(own.prototype, null)
  Object.freeze(own.prototype)
}

/** A Map of the worker's own: its methods are out of reach of tasks, and as fast as any. */
export class OwnMap<K, V> extends Map<K, V> {}
keepMethods(OwnMap, Map.prototype)

/** A Set of the worker's own. */
export class OwnSet<V> extends Set<V> {}
keepMethods(OwnSet, Set.prototype)

/** A WeakMap of the worker's own. */
export class OwnWeakMap<K extends object, V> extends WeakMap<K, V> {}
keepMethods(OwnWeakMap, WeakMap.prototype)

const typedArray = getPrototypeOf(Uint8Array.prototype)!
export { typedArray as typedArrayPrototype }
/** 'Uint8Array' and so on; undefined for what is no typed array. */
export const typedArrayName = getter<unknown, string | undefined>(typedArray, Symbol.toStringTag)
const typedArrayBuffer = getter<ArrayBufferView, ArrayBufferLike>(typedArray, 'buffer')
const typedArrayLength = getter<ArrayBufferView, number>(typedArray, 'byteLength')
const typedArrayOffset = getter<ArrayBufferView, number>(typedArray, 'byteOffset')
const dataViewBuffer = getter<ArrayBufferView, ArrayBufferLike>(DataView.prototype, 'buffer')
const dataViewLength = getter<ArrayBufferView, number>(DataView.prototype, 'byteLength')
const dataViewOffset = getter<ArrayBufferView, number>(DataView.prototype, 'byteOffset')
export const bufferOf = (view: ArrayBufferView): ArrayBufferLike =>
  typedArrayName(view) === undefined ? dataViewBuffer(view) : typedArrayBuffer(view)
export const lengthOf = (view: ArrayBufferView): number =>
  typedArrayName(view) === undefined ? dataViewLength(view) : typedArrayLength(view)
export const offsetOf = (view: ArrayBufferView): number =>
  typedArrayName(view) === undefined ? dataViewOffset(view) : typedArrayOffset(view)
export const { isView } = ArrayBuffer
export const ArrayBufferOf = ArrayBuffer
export const bufferLength = getter<ArrayBuffer, number>(ArrayBuffer.prototype, 'byteLength')
export const bufferSlice = unbind(ArrayBuffer.prototype.slice) as (
  buffer: ArrayBuffer,
  from: number,
  to: number,
) => ArrayBuffer
export const SharedArrayBufferOf = SharedArrayBuffer
export const DataViewOf = DataView
export const Float64ArrayOf = Float64Array
export const Int32ArrayOf = Int32Array
export const Uint8ArrayOf = Uint8Array
/** Constructors of typed arrays by name, those of later runtimes included. */
export const typedArrays: Record<string, new (buffer: ArrayBuffer) => ArrayBufferView> = {}
for (const key of Object.getOwnPropertyNames(globalThis)) {
  if (!/^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/.test(key)) continue
  typedArrays[key] = (globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>)[key]!
}

export const DateOf = Date
export const dateTime = uncurryThis(Date.prototype.getTime)
export const PromiseOf = Promise
export const ErrorOf = Error
export const indirectEval = eval
const { structuredClone: clone, setImmediate: immediately, setTimeout: later, performance } = globalThis
export { clone, immediately, later }
/** Milliseconds since the thread started. */
export const now = performance.now.bind(performance)

const { AbortController: Controller, AbortSignal: Signal } = globalThis
export { Controller }
export const abortController = uncurryThis(Controller.prototype.abort)
export const signalOf = getter<AbortController, AbortSignal>(Controller.prototype, 'signal')
export const isAborted = getter<AbortSignal, boolean>(Signal.prototype, 'aborted')
export const throwIfAborted = uncurryThis(Signal.prototype.throwIfAborted)
