import process from 'node:process'
import { isMainThread, MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { ProfileNode } from './profile-stack.ts'
import { hottestStack } from './profile-stack.ts'
import { BEATING, DUE, SAMPLING, sharedClock, TICKS, TICKS_PER_THRESHOLD } from './shared-clock.ts'
import { threadSource } from './thread-source.ts'

/** Whether stacks can be taken here: by the inspector of Node, of the main thread. */
export const canSampleStacks =
  isMainThread && process.versions['bun'] === undefined && process.versions['deno'] === undefined

/**
 * The monitor's second thread, seen from the loop's: a clock that goes on while the loop is blocked, and a watchdog
 * that then looks at the stack. It does not keep the process alive.
 */
export class WatchThread implements Disposable {
  /** Milliseconds of one tick. */
  readonly tick: number
  private readonly clock = sharedClock()
  private readonly worker: Worker
  private readonly port: MessagePort | null = null

  /** `onStack` gets what {@link takeStack} announced as coming. */
  constructor(threshold: number, stacks: boolean, onStack: (stack: string | undefined) => void) {
    this.tick = threshold / TICKS_PER_THRESHOLD
    let theirs: MessagePort | undefined
    if (stacks) {
      const { port1, port2 } = new MessageChannel()
      theirs = port2
      this.port = port1.on('message', (nodes: ProfileNode[] | null) => {
        onStack(stackOf(nodes))
      })
      port1.unref()
    }
    this.worker = new Worker(threadSource, {
      eval: true,
      name: 'loop-monitor',
      workerData: { clock: this.clock, tick: this.tick, port: theirs },
      transferList: theirs === undefined ? [] : [theirs],
      // None of the program's preloaded modules and flags: they belong to its own threads.
      execArgv: [],
      env: {},
    })
    this.worker.unref()
    this.worker.on('error', (error) => {
      process.emitWarning(
        `the thread of a loop monitor failed, blocks are not seen any more: ${String(error)}`,
        'LoopWarning',
      )
      onStack(undefined)
    })
  }

  /** The clock, for the loop's turn. */
  get ticks(): Int32Array {
    return this.clock
  }

  /** Tells the watchdog that the loop answers, and when it will again. */
  expectBeatIn(ms: number): void {
    Atomics.store(this.clock, DUE, (Atomics.load(this.clock, TICKS) + Math.ceil(ms / this.tick)) | 0)
    Atomics.store(this.clock, BEATING, 1)
  }

  /** Tells the watchdog that no heartbeat is due, because the loop does not run. */
  expectNothing(): void {
    Atomics.store(this.clock, BEATING, 0)
  }

  /** The stack of the block that has just ended, undefined when none was taken, or 'coming'. */
  takeStack(): { stack: string | undefined } | 'coming' {
    if (this.port === null) return { stack: undefined }
    const received = receiveMessageOnPort(this.port) as { message: ProfileNode[] | null } | undefined
    if (received !== undefined) return { stack: stackOf(received.message) }
    return Atomics.load(this.clock, SAMPLING) === 1 ? 'coming' : { stack: undefined }
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.port?.close()
    void this.worker.terminate()
  }
}

function stackOf(nodes: ProfileNode[] | null): string | undefined {
  return nodes === null ? undefined : hottestStack(nodes)
}
