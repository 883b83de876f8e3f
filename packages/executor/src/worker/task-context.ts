/**
 * What a running task can ask about itself: the signal that tells it to stop.
 *
 * The signal is a true AbortSignal. Code that waits hears its event; code that computes without a pause cannot hear
 * anything, so reading `aborted` (or calling `throwIfAborted`) also looks at the flag that the pool sets.
 * Self-contained: its source travels to workers.
 */
export interface TaskContext {
  /** A new task begins; `isAborted` reads its flag. */
  enter(isAborted: () => boolean): void
  leave(): void
  /** The signal of the task that runs now, made when first asked for. */
  signal(): AbortSignal
  /** Looks at the flag, and fires the event when it is set. */
  check(): void
}

export function createTaskContext(): TaskContext {
  let flag: (() => boolean) | null = null
  let controller: AbortController | null = null

  const lookAtFlag = (isAborted: () => boolean, own: AbortController): void => {
    const { signal } = own
    const plain = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')!.get!
    const { throwIfAborted } = signal
    let aborting = false
    const aborted = (): boolean => {
      // Some runtimes read `aborted` while they abort.
      if (!aborting && !plain.call(signal) && isAborted()) {
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
      flag = isAborted
      controller = null
    },
    leave: () => {
      flag = null
      controller = null
    },
    signal: () => {
      if (controller === null) {
        controller = new AbortController()
        const mine = flag
        // A signal kept beyond its task must not read the flag of the next one.
        lookAtFlag(() => mine !== null && mine === flag && mine(), controller)
      }
      return controller.signal
    },
    check: () => {
      // Reading `aborted` does it all.
      void controller?.signal.aborted
    },
  }
  // `taskSignal` of this package finds it here, in module tasks that run in the worker.
  ;(globalThis as Record<symbol, unknown>)[Symbol.for('@loop/executor.context')] = context
  return context
}
