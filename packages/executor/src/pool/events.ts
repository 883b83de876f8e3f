/** The events of a pool, and who hears of an error when nobody listens. */
import { EventEmitter } from 'node:events'
import type { EventLoop } from '@loop/core'
import type { WorkerExit } from '../errors.ts'

/** The end of a worker, as the event `workerExit` reports it. */
export interface WorkerExitEvent extends WorkerExit {
  /** Name of the worker. */
  readonly worker: string
  /** Whether the pool wanted it: at its shutdown, after an idle time, or to recycle the worker. */
  readonly asked: boolean
  /** Tasks that failed with it. */
  readonly lost: number
}

/** The events of a pool and what their listeners are given. */
export interface PoolEvents {
  /** A worker is ready for its first task. */
  workerStart: [{ readonly worker: string }]
  /** A worker has ended, for whatever reason. */
  workerExit: [WorkerExitEvent]
  /** An error that nothing caught ended a worker: something that a task left behind, perhaps. */
  workerError: [{ readonly worker: string; readonly error: unknown }]
  /** Nothing waits and nothing runs. */
  drained: []
}

/** Node's emitter, except that a listener that throws stops neither the others nor the pool. */
export class PoolEventEmitter extends EventEmitter<PoolEvents> {
  /** @internal The loop that was used last. */
  protected loop: EventLoop | null = null

  /** @internal */
  protected notify<E extends keyof PoolEvents>(event: E, ...details: PoolEvents[E]): void {
    for (const listener of this.rawListeners(event) as ((...details: unknown[]) => void)[]) {
      try {
        listener.apply(this, details)
      } catch (exception) {
        this.report(`a listener of '${event}' of a pool failed`, exception)
      }
    }
  }

  /** @internal To the exception handler of the loop in which the pool is used, or to standard error. */
  protected report(message: string, exception: unknown): void {
    const { loop } = this
    if (loop !== null && !loop.isClosed()) loop.callExceptionHandler({ message, exception })
    else console.error(`${message}:`, exception)
  }
}
