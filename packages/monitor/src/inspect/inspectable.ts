import { chmodSync } from 'node:fs'
import type { Server } from 'node:net'
import { createServer } from 'node:net'
import process from 'node:process'
import type { EventLoop, LoopStatistics } from '@loop/core'
import { getRunningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { TaskGraph } from '../task-graph.ts'
import { addressIsFile, newAddress, removeAddress, removeStale } from './address.ts'
import { Answer } from './answer.ts'
import { takeCommands } from './control.ts'
import type { InspectableParts, InspectedJob, InspectedPool, InspectedProcess } from './parts.ts'

/** Who asks takes some of the answer within this time, in milliseconds, or is somebody else. */
const PATIENCE = 10_000
/** Answers at a time: each takes slices of the thread, and the memory of a list of all tasks. */
const MOST_ANSWERS = 8

/** What is shown beside the tasks, and limits. */
export interface InspectableOptions extends InspectableParts {
  /** How many may ask at a time; 8 by default. More are turned away. */
  readonly maxClients?: number
  /** Milliseconds in which a client takes some of the answer, or is disconnected; 10,000 by default. */
  readonly patience?: number
}

/** What an inspected loop answers, as JSON. */
export interface Inspection {
  readonly statistics: LoopStatistics
  readonly graph: TaskGraph
  /** Where it was asked. */
  readonly address: string
  readonly process: InspectedProcess | null
  /** What was given to `inspectable`; null when it could not be told. */
  readonly pools: readonly InspectedPool[] | null
  readonly jobs: readonly InspectedJob[] | null
  /** How late timers came, in milliseconds; null without a monitor. */
  readonly lag: { readonly p50: number; readonly p99: number; readonly max: number } | null
}

/**
 * Lets `loop`, the running one by default, be asked for its tasks from outside: `npx loop-inspect pstree <pid>`.
 * Whoever connects gets the names of tasks and functions, and places in the source: from now on the loop notes where
 * tasks and futures are made, up to a thousand a second. It does not keep the process alive. Nothing can be changed,
 * unless `control` is true: then the same user may cancel tasks and jobs. Parts are shown beside the tasks.
 * Sockets that killed programs left behind are removed. Throws InspectionError when there is no private place for its
 * socket, RangeError for limits that are no positive numbers.
 *
 * ```ts
 * using _inspectable = inspectable()
 * using _shown = inspectable(loop, { pools: { images: pool }, scheduler, monitor, control: true })
 * ```
 */
export function inspectable(loop: EventLoop = getRunningLoop(), options: InspectableOptions = {}): Inspectable {
  return new Inspectable(loop, options)
}

/** See {@link inspectable}. */
export class Inspectable implements Disposable {
  /** Path of the socket, or name of the pipe. */
  readonly address: string
  private readonly server: Server
  private readonly places: Disposable
  private readonly commands: Disposable | null
  private readonly onExit = (): void => {
    removeAddress(this.address)
  }

  /** @internal */
  constructor(loop: EventLoop, { maxClients = MOST_ANSWERS, patience = PATIENCE, ...parts }: InspectableOptions) {
    if (!(Number.isInteger(maxClients) && maxClients > 0))
      throw new RangeError(`maxClients is a whole number from 1, not ${describe(maxClients)}`)
    if (!(Number.isFinite(patience) && patience > 0))
      throw new RangeError(`patience is a positive number of milliseconds, not ${describe(patience)}`)
    this.address = newAddress()
    // One of an earlier process with the same id, which was killed.
    removeAddress(this.address)
    removeStale()
    const report = (exception: unknown): void => {
      loop.callExceptionHandler({ message: `the loop cannot be inspected at ${this.address}`, exception })
    }
    this.server = createServer((socket) => {
      socket.on('error', () => {
        // Who asked is gone.
      })
      socket.setTimeout(patience, () => {
        socket.destroy()
      })
      socket.unref()
      new Answer(socket, loop, parts, report)
    })
    this.server.maxConnections = maxClients
    this.server.on('error', report)
    this.server.listen(this.address, () => {
      try {
        if (addressIsFile) chmodSync(this.address, 0o600)
      } catch (exception) {
        report(exception)
      }
    })
    this.server.unref()
    this.places = loop.notePlaces()
    this.commands = parts.control === true ? takeCommands(this.address, loop, parts) : null
    process.on('exit', this.onExit)
  }

  /** No more answers; the socket is removed. */
  [Symbol.dispose](): void {
    process.off('exit', this.onExit)
    this.places[Symbol.dispose]()
    this.commands?.[Symbol.dispose]()
    this.server.close()
    removeAddress(this.address)
  }
}
