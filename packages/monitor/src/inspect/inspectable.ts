import { chmodSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { createServer } from 'node:net'
import process from 'node:process'
import type { EventLoop, LoopStatistics } from '@loop/core'
import { getRunningLoop } from '@loop/core'
import type { TaskGraph } from '../task-graph.ts'
import { captureTaskGraph } from '../task-graph.ts'
import { addressIsFile, newAddress } from './address.ts'

/** What an inspected loop answers, as JSON. */
export interface Inspection {
  readonly statistics: LoopStatistics
  readonly graph: TaskGraph
}

/**
 * Lets `loop`, the running one by default, be asked for its tasks from outside: `npx loop-inspect pstree <pid>`. Whoever
 * connects gets the names of tasks and functions, and in debug mode places in the source; nothing can be changed.
 * It does not keep the process alive. Throws InspectionError when there is no private place for its socket.
 *
 * ```ts
 * using _inspectable = inspectable()
 * ```
 */
export function inspectable(loop: EventLoop = getRunningLoop()): Inspectable {
  return new Inspectable(loop)
}

/** See {@link inspectable}. */
export class Inspectable implements Disposable {
  /** Path of the socket, or name of the pipe. */
  readonly address = newAddress()
  private readonly server: Server
  private readonly onExit = (): void => {
    this.remove()
  }

  /** @internal */
  constructor(loop: EventLoop) {
    // One of an earlier process with the same id, which was killed.
    this.remove()
    this.server = createServer((socket) => {
      socket.on('error', () => {
        // Who asked is gone.
      })
      socket.unref()
      socket.end(JSON.stringify({ statistics: loop.statistics(), graph: captureTaskGraph(loop) } satisfies Inspection))
    })
    this.server.on('error', (exception) => {
      loop.callExceptionHandler({ message: `the loop cannot be inspected at ${this.address}`, exception })
    })
    this.server.listen(this.address, () => {
      if (addressIsFile) chmodSync(this.address, 0o600)
    })
    this.server.unref()
    process.on('exit', this.onExit)
  }

  /** No more answers; the socket is removed. */
  [Symbol.dispose](): void {
    process.off('exit', this.onExit)
    this.server.close()
    this.remove()
  }

  private remove(): void {
    if (addressIsFile) rmSync(this.address, { force: true })
  }
}
