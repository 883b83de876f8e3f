/**
 * One process on a loop: its start, its end, and the end of its tree. Everything above (streams, protocols, `run`) is
 * made of these.
 */
import type { Coroutine, EventLoop, Future } from '@loop/core'
import { isCancellation } from '@loop/core'
import { constants } from 'node:os'
import { killAtExit } from './at-exit.ts'
import type { ProcessEvents, ProcessRequest, StartedProcess } from './contracts.ts'
import { ProcessLookupError } from './errors.ts'
import type { Keeping } from './options.ts'
import { processProvider } from './provider.ts'
import { TreeEnd } from './tree-end.ts'

/** This side of a pipe to the child. */
export interface ChildPipe {
  close(): void
  isClosing(): boolean
}

/** See above. */
export class Child implements ProcessEvents {
  /** Minus the number of the signal that ended it, else its exit code; null while it runs. */
  returnCode: number | null = null
  /** What the signal of the options was aborted with. */
  aborted: { readonly reason: unknown } | null = null
  /** This side of its pipes, once they were opened. */
  readonly pipes: ChildPipe[] = []
  private readonly started: StartedProcess | null
  private readonly startFailure: Future<never> | null = null
  private readonly waiters = new Set<Future<number>>()
  private readonly onExit: ((returnCode: number) => void)[] = []
  private end: TreeEnd | null = null
  private readonly asks: boolean
  private readonly releases: (() => void)[] = []

  /** Starts it. Throws at once where the start can be seen to fail; else `ready` does. */
  constructor(
    readonly loop: EventLoop,
    readonly request: ProcessRequest,
    private readonly keeping: Keeping,
  ) {
    const { signal } = keeping
    if (signal?.aborted === true) throw signal.reason
    const provider = processProvider(loop)
    this.asks = provider.asks
    this.started = provider.start(request, this)
    if (this.started === null) {
      this.startFailure = loop.createFuture<never>()
      return
    }
    if (keeping.cleanup) this.releases.push(killAtExit(this.killTree))
    const closing = loop.onClose(() => {
      this.drop()
    })
    this.releases.push(() => {
      closing[Symbol.dispose]()
    })
    if (signal !== undefined) this.listen(signal)
  }

  /** Passes once it runs. Throws SpawnError when it could not be started. */
  *ready(): Coroutine<void> {
    if (this.startFailure !== null) yield* this.startFailure
  }

  get pid(): number {
    return this.started?.pid ?? 0
  }

  get stdin(): StartedProcess['stdin'] {
    return this.started?.stdin ?? null
  }

  get stdout(): StartedProcess['stdout'] {
    return this.started?.stdout ?? null
  }

  /** Whether it was started; else `ready` throws. */
  get isStarted(): boolean {
    return this.started !== null
  }

  get stderr(): StartedProcess['stderr'] {
    return this.started?.stderr ?? null
  }

  /** A future of its return code. */
  wait(): Future<number> {
    const waiter = this.loop.createFuture<number>()
    if (this.returnCode !== null) waiter.setResult(this.returnCode)
    else {
      this.waiters.add(waiter)
      waiter.addDoneCallback(() => this.waiters.delete(waiter))
    }
    return waiter
  }

  /** Has `callback` called at its end, before whoever waits goes on. */
  whenExited(callback: (returnCode: number) => void): void {
    this.onExit.push(callback)
  }

  /** Sends a signal to the process alone. Throws ProcessLookupError after its end, the system's error where forbidden. */
  signal(signal: NodeJS.Signals | number): void {
    if (this.returnCode !== null)
      throw new ProcessLookupError(`process ${this.pid} has ended (${this.returnCode}); no signal can reach it`)
    // It may have ended a moment ago: that is no mistake.
    this.started?.signal(signal, false)
  }

  // ---------------------------------------------------------------- the end of the tree

  /** Whether something of its tree may still run: it does itself, or somebody holds its pipes. */
  get mayRun(): boolean {
    return this.started !== null && (this.returnCode === null || this.pipes.some((pipe) => !pipe.isClosing()))
  }

  /** Ends the tree: SIGTERM, `grace` milliseconds, SIGKILL. Repeatable. A future of the end. */
  endTree(grace = this.keeping.grace): Future<void> {
    const { loop } = this
    if (this.end === null) {
      this.end = new TreeEnd(loop, this, this.asks ? grace : 0)
      this.end.begin()
    }
    return this.end.over()
  }

  /** Ends what is left and closes the pipes, in clean-up: a request to cancel meanwhile means that the grace is over. */
  *close(grace?: number): Coroutine<void> {
    let cancelled: unknown = null
    while (this.mayRun) {
      try {
        yield* this.endTree(grace)
        break
      } catch (error) {
        if (isCancellation(error) === null) throw error
        // The second one cannot be waited out: the system does not let go of the process.
        const again = cancelled !== null
        cancelled = error
        this.end?.hurry()
        if (again) break
      }
    }
    const open = this.pipes.some((pipe) => !pipe.isClosing())
    this.closePipes()
    // Their readers are told in the next turn.
    if (open && cancelled === null) yield
    if (cancelled !== null) throw cancelled
  }

  /** Closes this side of the pipes: what nobody has read is dropped. */
  closePipes(): void {
    for (const pipe of this.pipes) pipe.close()
  }

  /** @internal Sends a signal to the whole tree; what the system says against it is reported. */
  signalTree(signal: NodeJS.Signals): 'sent' | 'nobody' | 'refused' {
    try {
      return this.started?.signal(signal, true) === true ? 'sent' : 'nobody'
    } catch (exception) {
      if (!this.loop.isClosed())
        this.loop.callExceptionHandler({
          message: `process ${this.pid} could not be ended by ${signal}; it is left running`,
          exception,
        })
      return 'refused'
    }
  }

  /** @internal Whether something of the tree lives after the process itself has ended. */
  treeAlive(): boolean {
    return this.started?.treeAlive() ?? false
  }

  private readonly killTree = (): void => {
    this.started?.signal('SIGKILL', true)
  }

  /** The loop is closed: nobody is left to wait. */
  private drop(): void {
    this.end?.drop()
    if (this.keeping.cleanup && this.mayRun) this.signalTree('SIGKILL')
    this.release()
  }

  private listen(signal: AbortSignal): void {
    const onAbort = (): void => {
      this.aborted = { reason: signal.reason as unknown }
      if (this.returnCode === null && !this.loop.isClosed()) this.loop.callSoonThreadsafe(() => this.endTree())
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.releases.push(() => {
      signal.removeEventListener('abort', onAbort)
    })
  }

  // ---------------------------------------------------------------- from the provider

  failed(error: Error): void {
    if (this.loop.isClosed()) return
    this.loop.callSoonThreadsafe(() => {
      if (this.startFailure?.done() === false) this.startFailure.setException(error)
    })
  }

  exited(code: number | null, signal: string | null): void {
    const returnCode = signal === null ? (code ?? 0) : -(constants.signals[signal as NodeJS.Signals] ?? 0)
    if (this.loop.isClosed()) {
      this.returnCode = returnCode
      this.release()
    } else this.loop.callSoonThreadsafe(tellExit, this, returnCode)
  }

  /** @internal */
  tellExit(returnCode: number): void {
    this.returnCode = returnCode
    this.release()
    for (const callback of this.onExit) callback(returnCode)
    for (const waiter of this.waiters) if (!waiter.done()) waiter.setResult(returnCode)
    this.waiters.clear()
    this.end?.exited()
  }

  private release(): void {
    for (const release of this.releases.splice(0)) release()
  }
}

function tellExit(child: Child, returnCode: number): void {
  child.tellExit(returnCode)
}
