/** What a pool knows about a function: how a worker gets it, what is wrong with it, and how long it takes. */
import type { AnyFunction } from '@loop/core'
import { NotSerializableError } from '../errors.ts'
import type { Definition } from '../worker/function-table.ts'
import type { Analyser } from './load-analyser.ts'

/** Weight of the newest run in the mean; about the last sixteen runs count. */
const NEWEST = 1 / 16
let lastId = 0

export class FunctionReference {
  readonly id = ++lastId
  /** Mean time of its recent runs in milliseconds; NaN before the first. */
  meanMs = NaN
  /** How a worker gets it; null until the source was examined. */
  definition: Definition | null
  /** Why it cannot be shipped. */
  problem: NotSerializableError | null = null
  private chunkReference: FunctionReference | null = null

  constructor(
    readonly name: string,
    private fn: AnyFunction | null,
    definition: ((id: number) => Definition) | null,
  ) {
    this.definition = definition === null ? null : definition(this.id)
  }

  /** Whether `examine` is still to be called. */
  get unexamined(): boolean {
    return this.definition === null && this.problem === null
  }

  /** Finds out, once, whether the function's source means the same elsewhere. */
  examine(analyse: Analyser): void {
    if (!this.unexamined) return
    const finding = analyse(this.fn!)
    // What it holds on to is not needed any more.
    this.fn = null
    if (finding instanceof NotSerializableError) this.problem = finding
    else this.definition = { id: this.id, kind: 'source', file: fileName(this.name), ...finding }
  }

  /** It cannot be examined, so it cannot be shipped. */
  refuse(problem: NotSerializableError): void {
    if (this.unexamined) this.problem = problem
  }

  /** The same function applied to each of its arguments, for `map` in chunks. */
  overChunks(): FunctionReference {
    this.chunkReference ??= new ChunkReference(this)
    return this.chunkReference
  }

  /** Counts a run into the mean. */
  ran(ms: number): void {
    this.meanMs = Number.isNaN(this.meanMs) ? ms : this.meanMs + (ms - this.meanMs) * NEWEST
  }
}

/** What stack traces of a worker call the text of a function. */
function fileName(name: string): string {
  return `@loop/executor/tasks/${/^[\w$]+$/.test(name) ? name : 'function'}.js`
}

class ChunkReference extends FunctionReference {
  constructor(private readonly item: FunctionReference) {
    super(item.name, null, null)
    this.adopt()
  }

  override examine(analyse: Analyser): void {
    this.item.examine(analyse)
    this.adopt()
  }

  override refuse(problem: NotSerializableError): void {
    this.item.refuse(problem)
    this.adopt()
  }

  private adopt(): void {
    const { definition, problem } = this.item
    this.problem = problem
    if (definition !== null) this.definition = { id: this.id, kind: 'chunk', of: definition }
  }
}

/** Set on functions that name a module's export instead of being shipped. */
export const MODULE_EXPORT = Symbol('@loop/executor.module')

/** Where a function can be imported from. */
export interface ModuleExport {
  readonly url: string
  readonly name: string
}

const known = new WeakMap<AnyFunction, FunctionReference>()

/**
 * References by name and source text. A function that is written in place at each call is another function each time,
 * and what its workers need to know is the same: the text says all, since nothing from around it is used.
 */
const byText = new Map<string, FunctionReference>()
/** As many texts as are kept, and the longest; together some megabytes at most. */
const MOST_TEXTS = 1024
const LONGEST_TEXT = 4096

/** The reference of a function, made on first sight. */
export function referenceOf(fn: AnyFunction): FunctionReference {
  const found = known.get(fn)
  if (found !== undefined) return found
  const made = makeReference(fn)
  known.set(fn, made)
  return made
}

function makeReference(fn: AnyFunction): FunctionReference {
  const place = (fn as { [MODULE_EXPORT]?: ModuleExport })[MODULE_EXPORT]
  if (place !== undefined) return new FunctionReference(place.name, null, (id) => ({ id, kind: 'module', ...place }))
  const name = typeof fn.name === 'string' && fn.name !== '' ? fn.name : '(anonymous function)'
  const text = Function.prototype.toString.call(fn)
  if (text.length > LONGEST_TEXT) return new FunctionReference(name, fn, null)
  const key = `${name}\n${text}`
  const reference = byText.get(key) ?? new FunctionReference(name, fn, null)
  // The newest stand at the end; the oldest go.
  byText.delete(key)
  byText.set(key, reference)
  if (byText.size > MOST_TEXTS)
    for (const oldest of byText.keys()) {
      byText.delete(oldest)
      break
    }
  return reference
}
