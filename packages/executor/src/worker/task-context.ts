/**
 * What a running task can ask about itself: the signal that tells it to stop.
 *
 * The signal is a true AbortSignal. Code that waits hears its event; code that computes without a pause cannot hear
 * anything, so reading `aborted` (or calling `throwIfAborted`) also looks at the flag that the pool sets.
 * Self-contained: its source travels to workers.
 */
import type { AsyncLocalStorage } from 'node:async_hooks'

export interface TaskContext {
  /** A watched task begins; `isAborted` reads its flag. */
  enter(isAborted: () => boolean): TaskScope
  /** Runs a part of a task, with the signal of its scope; null is a task that is not watched. */
  within<T>(scope: TaskScope | null, part: () => T): T
  leave(scope: TaskScope): void
  /** The signal of the task that runs now, made when first asked for. */
  signal(): AbortSignal
  /** Looks at the flags of the watched tasks, and fires the events of those that are set. */
  check(): void
}

/** One watched task, from its start to its end. */
export interface TaskScope {
  readonly isAborted: () => boolean
  controller: AbortController | null
  ended: boolean
}

/**
 * With a storage, several tasks run at a time and each finds its own signal; without one, the one task that runs does.
 */
export function createTaskContext(storage: AsyncLocalStorage<TaskScope | null> | null): TaskContext {
  const scopes = new Set<TaskScope>()
  let current: TaskScope | null = null

  const lookAtFlag = (scope: TaskScope, own: AbortController): void => {
    const { signal } = own
    const plain = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')!.get!
    const { throwIfAborted } = signal
    let aborting = false
    const aborted = (): boolean => {
      // Some runtimes read `aborted` while they abort. A signal kept beyond its task must not read the flag of the next
      // one.
      if (!aborting && !scope.ended && !plain.call(signal) && scope.isAborted()) {
        aborting = true
        own.abort()
      }
      return plain.call(signal) as boolean
    }
    Object.defineProperties(signal, {
      aborted: { configurable: true, get: aborted },
      throwIfAborted: {
        configurable: true,
        value: () => {
          aborted()
          throwIfAborted.call(signal)
        },
      },
    })
  }

  const context: TaskContext = {
    enter: (isAborted) => {
      const scope = { isAborted, controller: null, ended: false }
      scopes.add(scope)
      return scope
    },
    within: (scope, part) => {
      if (storage !== null) return storage.run(scope, part)
      current = scope
      return part()
    },
    leave: (scope) => {
      scope.ended = true
      scopes.delete(scope)
      if (current === scope) current = null
    },
    signal: () => {
      const scope = storage === null ? current : storage.getStore()
      if (scope == null) return new AbortController().signal
      if (scope.controller === null) {
        scope.controller = new AbortController()
        lookAtFlag(scope, scope.controller)
      }
      return scope.controller.signal
    },
    check: () => {
      for (const { controller } of scopes) {
        try {
          // Reading `aborted` does it all.
          void controller?.signal.aborted
        } catch {
          // A listener of one task is no business of another.
        }
      }
    },
  }
  // `taskSignal` of this package finds it here, in module tasks that run in the worker.
  ;(globalThis as Record<symbol, unknown>)[Symbol.for('@loop/executor.context')] = context
  return context
}
