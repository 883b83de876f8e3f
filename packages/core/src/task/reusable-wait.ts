import type { Runnable } from '../contracts/observe.ts'
import { CancelledError } from '../base/errors.ts'
import { withResolvers } from '../base/with-resolvers.ts'
import type { LoopState } from '../turn/loop-state.ts'
import type { Cancellable, Scope } from '../turn/scope.ts'
import { throwTraced } from './future.ts'

/**
 * One object that waits again and again, for sources that are read in a loop: a future for each piece of a stream costs
 * as much as the piece. One piece of code waits at a time. What it awaits is a native promise, which `for await` takes
 * in one microtask, and no context need be captured, as nothing of the program runs here.
 *
 *     idle ── wait() ──> waiting ── wake() or a cancellation ──> woken ── in a handle of its own ──> idle
 */
export class ReusableWait<T> implements Runnable, Cancellable {
  private phase: 'idle' | 'waiting' | 'woken' = 'idle'
  private readonly state: LoopState
  private scope: Scope | null = null
  private cancellation: CancelledError | null = null
  private resolve: (value: T | PromiseLike<T>) => void = nothing
  private reject: (reason: unknown) => void = nothing

  /** `take` gives what was waited for, at the moment when the waiting code goes on; what it throws is thrown there. */
  constructor(
    loop: object,
    private readonly take: () => T,
  ) {
    this.state = (loop as { readonly state: LoopState }).state
  }

  /** Whether some code waits, or was woken and has not gone on. */
  get active(): boolean {
    return this.phase !== 'idle'
  }

  /** For observers, which name a wake-up by its task. */
  get task(): unknown {
    return this.scope?.task ?? null
  }

  /** Waits for the calling code; null when that is in no task of this loop, and only a future can say what is wrong. */
  wait(): Promise<T> | null {
    const scope = this.state.currentScope()
    if (scope === null || scope.task === null) return null
    const { promise, resolve, reject } = withResolvers<T>()
    this.resolve = resolve
    this.reject = reject
    this.phase = 'waiting'
    this.scope = scope
    const refusal = scope.startWaiting(this)
    if (refusal === null) return promise
    this.phase = 'idle'
    return throwTraced(refusal)
  }

  /** The waiting code goes on, in a handle of its own. */
  wake(): void {
    if (this.phase !== 'waiting') return
    this.phase = 'woken'
    this.state.push(this)
  }

  cancel(message?: string): boolean {
    if (this.phase !== 'waiting') return false
    this.cancellation = new CancelledError(message)
    this.wake()
    return true
  }

  run(): void {
    const { scope } = this
    let { cancellation } = this
    this.phase = 'idle'
    this.scope = null
    this.cancellation = null
    this.state.current = scope
    const late = scope!.stopWaiting(this)
    cancellation ??= late
    if (cancellation !== null) {
      this.resolve(throwTraced(cancellation))
      return
    }
    try {
      this.resolve(this.take())
    } catch (error) {
      this.reject(error)
    }
  }
}

function nothing(): void {}
