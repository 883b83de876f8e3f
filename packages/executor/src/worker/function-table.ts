/** The functions a worker knows: compiled from source, taken from a module, or another one applied to a chunk of items. */
import * as modules from 'node:module'
import * as urls from 'node:url'
import type { AnyFunction } from '@loop/core'
import { append, apply, indirectEval, OwnMap, stringStartsWith } from './intrinsics.ts'

const { createRequire } = modules
const { fileURLToPath } = urls

/** How a worker gets a function. */
export type Definition =
  | {
      readonly id: number
      readonly kind: 'source'
      readonly source: string
      readonly strict: boolean
      /** Its name in stack traces. */
      readonly file: string
    }
  | { readonly id: number; readonly kind: 'module'; readonly url: string; readonly name: string }
  | { readonly id: number; readonly kind: 'chunk'; readonly of: Definition }

export class FunctionTable {
  private readonly definitions = new OwnMap<number, Definition>()
  private readonly ready = new OwnMap<number, AnyFunction>()

  define(definition: Definition): void {
    this.definitions.set(definition.id, definition)
  }

  /** Drops a function that the pool will define again if it needs it. */
  forget(id: number): void {
    this.definitions.delete(id)
    this.ready.delete(id)
  }

  has(id: number): boolean {
    return this.definitions.has(id)
  }

  /** The function, or a promise of it while its module loads. Throws what compiling throws. */
  get(id: number): AnyFunction | Promise<AnyFunction> {
    const known = this.ready.get(id)
    if (known !== undefined) return known
    const made = make(this.definitions.get(id)!)
    if (typeof made !== 'function') return this.keep(id, made)
    this.ready.set(id, made)
    return made
  }

  private async keep(id: number, loading: Promise<AnyFunction>): Promise<AnyFunction> {
    const fn = await loading
    this.ready.set(id, fn)
    return fn
  }
}

function make(definition: Definition): AnyFunction | Promise<AnyFunction> {
  switch (definition.kind) {
    case 'source':
      return compile(definition.source, definition.strict, definition.file)
    case 'module':
      return fromModule(definition.url, definition.name)
    case 'chunk': {
      const inner = make(definition.of)
      return typeof inner === 'function' ? overChunk(inner) : loadedOverChunk(inner)
    }
  }
}

/** By an indirect eval, so that the function sees the worker's globals and nothing of this module. */
function compile(source: string, strict: boolean, file: string): AnyFunction {
  return indirectEval(`${strict ? '"use strict";' : ''}(${source}\n)\n//# sourceURL=${file}`) as AnyFunction
}

async function fromModule(url: string, name: string): Promise<AnyFunction> {
  const namespace = await loadModule(url)
  const inner = namespace['default'] as Record<string, unknown> | undefined
  const found = namespace[name] ?? inner?.[name]
  if (typeof found !== 'function') throw new TypeError(`${url} has no exported function named ${name}`)
  return found as AnyFunction
}

/** Imports a module, ahead of its functions perhaps. */
export async function loadModule(url: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>
  } catch (error) {
    // Node 20 cannot import TypeScript from a worker even under a loader such as tsx, whose `require` hook can.
    const unknown = (error as { code?: string }).code === 'ERR_UNKNOWN_FILE_EXTENSION'
    if (!unknown || !stringStartsWith(url, 'file:')) throw error
    const require = createRequire(url)
    if (require.extensions['.ts'] === undefined) throw error
    return require(fileURLToPath(url)) as Record<string, unknown>
  }
}

async function loadedOverChunk(inner: Promise<AnyFunction>): Promise<AnyFunction> {
  return overChunk(await inner)
}

/** Synchronous as long as the function is; from the first promise on, one item after the other. */
function overChunk(fn: AnyFunction): AnyFunction {
  return (...items: unknown[]) => {
    const results: unknown[] = []
    for (let i = 0; i < items.length; i++) {
      const result: unknown = apply(fn, undefined, [items[i]])
      if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') return rest(fn, items, results, result)
      append(results, result)
    }
    return results
  }
}

async function rest(fn: AnyFunction, items: unknown[], results: unknown[], first: unknown): Promise<unknown[]> {
  append(results, await first)
  while (results.length < items.length) append(results, await apply(fn, undefined, [items[results.length]]))
  return results
}
