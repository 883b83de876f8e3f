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
    private readonly fn: AnyFunction | null,
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
    if (finding instanceof NotSerializableError) this.problem = finding
    else this.definition = { id: this.id, kind: 'source', ...finding }
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

class ChunkReference extends FunctionReference {
  constructor(private readonly item: FunctionReference) {
    super(item.name, null, null)
    this.adopt()
  }

  override examine(analyse: Analyser): void {
    this.item.examine(analyse)
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
  return new FunctionReference(fn.name === '' ? '(anonymous function)' : fn.name, fn, null)
}
