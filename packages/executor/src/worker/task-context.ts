/**
 * What a running task can ask about itself: the signal that tells it to stop.
 *
 * The signal is a true AbortSignal. Code that waits hears its event; code that computes without a pause cannot hear
 * anything, so reading `aborted` (or calling `throwIfAborted`) also looks at the flag that the pool sets.
 */
import * as asyncHooks from 'node:async_hooks'
import type { AsyncLocalStorage } from 'node:async_hooks'
import * as intrinsics from './intrinsics.ts'
import { abortController, defineProperties, isAborted, signalOf, throwIfAborted, uncurryThis } from './intrinsics.ts'

const { Controller, OwnSet } = intrinsics
type Storage = AsyncLocalStorage<TaskScope | null>
const { prototype: storagePrototype } = asyncHooks.AsyncLocalStorage as unknown as { readonly prototype: Storage }
const runWith = uncurryThis(storagePrototype.run) as <T>(storage: Storage, scope: TaskScope | null, part: () => T) => T
const storedIn = uncurryThis(storagePrototype.getStore) as (storage: Storage) => TaskScope | null | undefined

/** One watched task, from its start to its end. */
export interface TaskScope {
  readonly isAborted: () => boolean
  controller: AbortController | null
  ended: boolean
}

/** Where `taskSignal` finds the context, in module tasks that run in the worker. */
export const CONTEXT = Symbol.for('@loop/executor.context')

/**
 * With a storage, several tasks run at a time and each finds its own signal; without one, the one task that runs does.
 */
export class TaskContext {
  private readonly scopes = new OwnSet<TaskScope>()
  private current: TaskScope | null = null

  constructor(private readonly storage: Storage | null) {
    ;(globalThis as Record<symbol, unknown>)[CONTEXT] = this
  }

  /** A watched task begins; `isAborted` reads its flag. */
  enter(isAborted: () => boolean): TaskScope {
    const scope = { isAborted, controller: null, ended: false }
    this.scopes.add(scope)
    return scope
  }

  /** Runs a part of a task, with the signal of its scope; null is a task that is not watched. */
  within<T>(scope: TaskScope | null, part: () => T): T {
    if (this.storage !== null) return runWith(this.storage, scope, part)
    this.current = scope
    return part()
  }

  leave(scope: TaskScope): void {
    scope.ended = true
    this.scopes.delete(scope)
    if (this.current === scope) this.current = null
  }

  /** The signal of the task that runs now, made when first asked for. */
  signal(): AbortSignal {
    const scope = this.storage === null ? this.current : storedIn(this.storage)
    if (scope == null) return signalOf(new Controller())
    if (scope.controller === null) {
      scope.controller = new Controller()
      lookAtFlag(scope, scope.controller)
    }
    return signalOf(scope.controller)
  }

  /** Looks at the flags of the watched tasks, and fires the events of those that are set. */
  check(): void {
    this.scopes.forEach(({ controller }) => {
      try {
        // Reading `aborted` does it all.
        if (controller !== null) void signalOf(controller).aborted
      } catch {
        // A listener of one task is no business of another.
      }
    })
  }
}

function lookAtFlag(scope: TaskScope, own: AbortController): void {
  const signal = signalOf(own)
  let aborting = false
  const aborted = (): boolean => {
    // Some runtimes read `aborted` while they abort. A signal kept beyond its task must not read the flag of the next
    // one.
    if (!aborting && !scope.ended && !isAborted(signal) && scope.isAborted()) {
      aborting = true
      abortController(own)
    }
    return isAborted(signal)
  }
  defineProperties(signal, {
    aborted: { configurable: true, get: aborted },
    throwIfAborted: {
      configurable: true,
      value: () => {
        aborted()
        throwIfAborted(signal)
      },
    },
  })
}
