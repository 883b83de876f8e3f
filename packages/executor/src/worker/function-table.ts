/**
 * The functions a worker knows: compiled from source, taken from a module, or another one applied to a chunk of items.
 *
 * Self-contained: its source travels to workers.
 */
import type { AnyFunction } from '@loop/core'

/** How a worker gets a function. */
export type Definition =
  | { readonly id: number; readonly kind: 'source'; readonly source: string; readonly strict: boolean }
  | { readonly id: number; readonly kind: 'module'; readonly url: string; readonly name: string }
  | { readonly id: number; readonly kind: 'chunk'; readonly of: Definition }

export interface FunctionTable {
  define(definition: Definition): void
  /** Drops a function that the pool will define again if it needs it. */
  forget(id: number): void
  /** Imports a module ahead of its functions. */
  load(url: string): Promise<unknown>
  has(id: number): boolean
  /** The function, or a promise of it while its module loads. Throws what compiling throws. */
  get(id: number): AnyFunction | Promise<AnyFunction>
}

/** `import()` as the code of the worker sees it. */
export type ImportModule = (url: string) => Promise<Record<string, unknown>>

export function createFunctionTable(require: NodeJS.Require, importModule: ImportModule): FunctionTable {
  const definitions = new Map<number, Definition>()
  const ready = new Map<number, AnyFunction>()

  const compile = (source: string, strict: boolean): AnyFunction =>
    // Indirect eval: the function sees the worker's globals and nothing of this scope.
    (0, eval)(`${strict ? '"use strict";' : ''}(${source}\n)`) as AnyFunction

  const load = async (url: string): Promise<Record<string, unknown>> => {
    try {
      return await importModule(url)
    } catch (error) {
      // Node 20 cannot import TypeScript from a worker even under a loader such as tsx, whose `require` hook can.
      const unknown = (error as { code?: string }).code === 'ERR_UNKNOWN_FILE_EXTENSION'
      if (!unknown || !url.startsWith('file:') || require.extensions['.ts'] === undefined) throw error
      return require((require('node:url') as typeof import('node:url')).fileURLToPath(url)) as Record<string, unknown>
    }
  }

  const fromModule = async (url: string, name: string): Promise<AnyFunction> => {
    const namespace = await load(url)
    const inner = namespace['default'] as Record<string, unknown> | undefined
    const found = namespace[name] ?? inner?.[name]
    if (typeof found !== 'function') throw new TypeError(`${url} has no exported function named ${name}`)
    return found as AnyFunction
  }

  const overChunk =
    (fn: AnyFunction): AnyFunction =>
    (...items: unknown[]) => {
      const results: unknown[] = []
      // Synchronous as long as the function is; from the first promise on, one item after the other.
      const rest = async (first: PromiseLike<unknown>, next: number): Promise<unknown[]> => {
        results.push(await first)
        for (let i = next; i < items.length; i++) results.push(await fn(items[i]))
        return results
      }
      for (let i = 0; i < items.length; i++) {
        const result: unknown = fn(items[i])
        if (typeof (result as PromiseLike<unknown> | null)?.then === 'function')
          return rest(result as PromiseLike<unknown>, i + 1)
        results.push(result)
      }
      return results
    }

  const make = (definition: Definition): AnyFunction | Promise<AnyFunction> => {
    switch (definition.kind) {
      case 'source':
        return compile(definition.source, definition.strict)
      case 'module':
        return fromModule(definition.url, definition.name)
      case 'chunk': {
        const inner = make(definition.of)
        return typeof inner === 'function' ? overChunk(inner) : inner.then(overChunk)
      }
    }
  }

  return {
    define: (definition) => {
      definitions.set(definition.id, definition)
    },
    forget: (id) => {
      definitions.delete(id)
      ready.delete(id)
    },
    load,
    has: (id) => definitions.has(id),
    get: (id) => {
      const known = ready.get(id)
      if (known !== undefined) return known
      const made = make(definitions.get(id)!)
      if (typeof made === 'function') {
        ready.set(id, made)
        return made
      }
      return made.then((fn) => {
        ready.set(id, fn)
        return fn
      })
    },
  }
}
