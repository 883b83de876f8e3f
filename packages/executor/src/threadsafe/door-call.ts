import { AsyncResource } from 'node:async_hooks'
import type { AnyFunction, EventLoop, Runnable } from '@loop/core'
import { inside } from '../pool/nesting.ts'
import type { WorkItem } from '../pool/work-item.ts'

/** A callback that other threads may run, in the AsyncLocalStorage context in which it was registered. */
export class Registration {
  private readonly context = new AsyncResource('LoopDoor', { requireManualDestroy: true })

  constructor(
    readonly name: string,
    readonly callback: AnyFunction,
  ) {}

  /** Runs `part` in the context of the registration. */
  within<T>(part: () => T): T {
    return this.context.runInAsyncScope(part)
  }

  invoke(args: readonly unknown[]): unknown {
    // Most calls have one argument, and spreading costs more than the call.
    if (args.length === 1)
      return this.context.runInAsyncScope(this.callback as (arg: unknown) => unknown, undefined, args[0])
    return this.context.runInAsyncScope(this.callback as (...args: unknown[]) => unknown, undefined, ...args)
  }
}

/**
 * Runs a coroutine function for a task, so that what it submits to the task's own pool is known to be for that task.
 */
export function invokeFor(task: WorkItem | null, registration: Registration, args: readonly unknown[]): unknown {
  return registration.within(() =>
    inside(task, () => (registration.callback as (...args: unknown[]) => unknown)(...args)),
  )
}

/** One call from another thread, as an entry of the ready queue. */
export class DoorCall implements Runnable {
  constructor(
    private readonly loop: EventLoop,
    private readonly registration: Registration,
    private readonly args: readonly unknown[],
  ) {}

  run(): void {
    try {
      this.registration.invoke(this.args)
    } catch (exception) {
      this.loop.callExceptionHandler({
        message: `Exception in callback ${this.registration.name}, called from another thread`,
        exception,
        handle: this,
      })
    }
  }
}
