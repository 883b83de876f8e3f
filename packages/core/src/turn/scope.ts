/* Long because it is one idea: where a request goes, step by step, is read in one piece. */
/**
 * Where code runs, and how a request to cancel reaches it.
 *
 * Every task has a scope, and so has the body of each timeout and each group; a loop has one more for code outside of
 * any task. A scope knows what its code waits for, nested scopes included, and a request goes inwards:
 *
 *     task.cancel() ──> scope of the task ──> what it awaits: a future, or
 *                                             the scope of a timeout ──> what is awaited in its body
 *
 * 1. What the loop can cancel is cancelled, and wakes its code with CancelledError.
 * 2. If nothing is, the request is kept, and meets the next wait in the scope.
 * 3. If at the end of the turn nothing in the scope waits for the loop, and so nothing would ever take the request, its
 *    code is in an await of a promise that the loop knows nothing of. It is left behind there: a timeout ends, a task
 *    ends cancelled. The next time the code that was left waits for the loop, it gets CancelledError.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Runnable } from '../contracts/observe.ts'
import { CancelledError } from '../base/errors.ts'

/** The scope of the code's own async context. One for all loops, so that it also says which loop code belongs to. */
export const scopes = new AsyncLocalStorage<Scope>()

/** What a coroutine can wait for: `cancel` is false when it is already done, or cannot be cancelled. */
export interface Cancellable {
  cancel(message?: string): boolean
}

/** Ends one wait for a promise that the loop knows nothing of, with `reason`. */
export type Cut = (reason: CancelledError) => void

/** A task as scopes and futures see it. */
export interface ScopeTask {
  /** True for a task over a generator function. */
  readonly isGenerator: boolean
  done(): boolean
  getName(): string
  /** Whether `leaveBehind` would end it: its code runs in a promise. */
  canLeaveBehind(): boolean
  /** Ends the task, whose code goes on in an await that cannot be ended. */
  leaveBehind(reason: CancelledError): void
}

/** A loop as its scopes see it. */
export interface ScopeHome {
  /** Whether the scope of code is that of its async context; else it is `current`. */
  readonly inContext: boolean
  current: Scope | null
  push(runnable: Runnable): void
  /** Has `requestKept` called at the end of the turn, or soon when there is none. */
  checkSoon(scope: Scope): void
}

/** Who runs a generator: a task, or the async function that drives a helper. */
export interface Driver {
  /** Where the generator runs now. */
  readonly scope: Scope
  /** What the generator does from here on is done in `scope`, until the function that is returned is called. */
  enter(scope: Scope): () => void
}

interface Request {
  readonly message: string | undefined
  /** Later ones have higher numbers. */
  readonly number: number
}

let requestsMade = 0

/** What a request to the waits of a scope has come to; several may be at once. */
const NOTHING = 0
const REACHED = 1
const MISSED = 2

/**
 * Code that can be cancelled by itself: a task, the body of a timeout or a group, or what a loop runs outside of tasks.
 */
export class Scope implements Cancellable {
  /** What code in here waits for: almost always one thing, several through `Promise.all` and the like. */
  private first: Cancellable | null = null
  private more: Set<Cancellable> | null = null
  /** Requests that were made and not withdrawn. */
  private requests = 0
  /** The last one, until it is thrown. */
  private kept: Request | null = null
  private phase: 'open' | 'closed' | 'abandoned' = 'open'
  /** Waits for foreign promises, which can be ended. */
  private cuts: Set<Cut> | null = null
  private cut = false
  private controller: AbortController | null = null

  constructor(
    readonly state: ScopeHome,
    /** Null for code outside of tasks. */
    readonly task: ScopeTask | null,
    /** Null for that of a task or a loop. */
    readonly parent: Scope | null,
  ) {}

  /** A scope inside of this one. Throws CancelledError where code has been left behind. */
  open(): Scope {
    const scope = new Scope(this.state, this.task, this)
    const refusal = this.startWaiting(scope)
    if (refusal !== null) throw refusal
    return scope
  }

  /** It is over. What its code still waits for is from now on waited for around. */
  close(): void {
    const { parent } = this
    this.phase = this.cut ? 'abandoned' : 'closed'
    this.kept = null
    parent!.forget(this)
    for (const awaited of this.awaited()) parent!.startWaiting(awaited)
  }

  /**
   * The innermost scope around its code that is still open, but for that of the task or loop itself; null when there is
   * none.
   */
  openInside(): Scope | null {
    if (this.parent === null) return null
    return this.phase === 'open' ? this : this.parent.openInside()
  }

  /** Whether its code was left behind. */
  isAbandoned(): boolean {
    return this.phase === 'abandoned' || (this.parent?.isAbandoned() ?? false)
  }

  // ---------------------------------------------------------------- waits

  /**
   * Notes that code here waits for `awaited`, and hands a kept request on to it. The error to throw instead of waiting,
   * for code that was left behind.
   */
  startWaiting(awaited: Cancellable): CancelledError | null {
    if (this.phase !== 'open') return this.isAbandoned() ? leftBehind() : this.parent!.startWaiting(awaited)
    if (this.parent?.isAbandoned() === true) return leftBehind()
    if (this.first === null) this.first = awaited
    else if (this.first !== awaited) (this.more ??= new Set()).add(awaited)
    this.deliverTo(awaited)
    return null
  }

  /** Notes that the wait is over; the cancellation to throw instead of going on, or null. */
  stopWaiting(awaited: Cancellable): CancelledError | null {
    if (this.phase !== 'open') return this.isAbandoned() ? leftBehind() : this.parent!.stopWaiting(awaited)
    this.forget(awaited)
    return this.takeRequest()
  }

  /** The wait is over, and whoever waited asks for requests himself. */
  forget(awaited: Cancellable): void {
    if (this.first === awaited) this.first = null
    else this.more?.delete(awaited)
    if (this.phase === 'closed') this.parent!.forget(awaited)
  }

  /** What is waited for in here, nested scopes as such. */
  awaited(): readonly Cancellable[] {
    const { first, more } = this
    if (more === null) return first === null ? [] : [first]
    return first === null ? [...more] : [first, ...more]
  }

  /** What is waited for in here and in nested scopes. */
  awaitedInside(): readonly Cancellable[] {
    return this.awaited().flatMap((awaited) => (awaited instanceof Scope ? awaited.awaitedInside() : [awaited]))
  }

  // ---------------------------------------------------------------- requests

  /** Asks the code in here to end. Its signal gets `reason`. */
  request(message: string | undefined, reason: Error = new CancelledError(message)): void {
    this.requests++
    this.controller?.abort(reason)
    let outcome = this.cancelAwaited(message)
    // Without contexts, waits in here may have been put down to the code around.
    if (!this.state.inContext && this.parent !== null && outcome === NOTHING)
      outcome = this.rootOfTask().cancelAwaited(message)
    if (outcome === REACHED) return
    this.kept = { message, number: requestsMade++ }
    this.state.checkSoon(this)
  }

  /** A request to the code around: it goes inwards through what is waited for here. */
  cancel(message?: string): boolean {
    return (this.cancelAround(message) & REACHED) !== 0
  }

  private cancelAround(message: string | undefined): number {
    this.controller?.abort(new CancelledError(message))
    return this.cancelAwaited(message)
  }

  /** Requests made and not withdrawn, of this scope and those around it. */
  requested(): number {
    let sum = this.requests
    for (let around = this.parent; around !== null; around = around.parent) sum += around.requests
    return sum
  }

  /** Requests made and not withdrawn, of this scope and those in it. */
  requestedInside(): number {
    let sum = this.requests
    for (const awaited of this.awaited()) if (awaited instanceof Scope) sum += awaited.requestedInside()
    return sum
  }

  /** Withdraws one request, the innermost. With the last one goes what was kept of them, and the aborted signal. */
  withdraw(): void {
    if (this.requests === 0 || this.phase === 'closed') {
      this.parent?.withdraw()
      return
    }
    this.requests--
    if (this.requests > 0) return
    this.kept = null
    if (this.controller?.signal.aborted === true) this.controller = null
  }

  /**
   * As {@link withdraw}, from outside: the innermost request of this scope and those in it; false when there is none.
   */
  withdrawInside(): boolean {
    for (const awaited of this.awaited()) if (awaited instanceof Scope && awaited.withdrawInside()) return true
    if (this.requests === 0) return false
    this.withdraw()
    return true
  }

  /** Has a request that was not withdrawn thrown once more, at the next wait. */
  renew(): void {
    if (this.requests > 0) this.kept = { message: undefined, number: requestsMade++ }
    else this.parent?.renew()
  }

  /**
   * The kept requests of this scope and of those around it: one CancelledError answers all, with the message of the
   * last.
   */
  takeRequest(): CancelledError | null {
    const last = this.lastKept()
    if (last === null) return null
    this.dropKept()
    return new CancelledError(last.message)
  }

  /** Whether a request is kept that its code has not met yet. */
  get hasKept(): boolean {
    return this.kept !== null
  }

  /** The message of the last request that was kept. */
  get keptMessage(): string | undefined {
    return this.kept?.message
  }

  /** Aborted by a request to this scope or to one around it; fresh again once it was withdrawn. */
  get signal(): AbortSignal {
    if (this.phase === 'closed' && this.parent !== null) return this.parent.signal
    if (this.controller === null) {
      this.controller = new AbortController()
      if (this.requested() > 0) this.controller.abort(new CancelledError(this.kept?.message))
    }
    return this.controller.signal
  }

  private rootOfTask(): Scope {
    return this.parent === null ? this : this.parent.rootOfTask()
  }

  private deliverTo(awaited: Cancellable): void {
    const last = this.lastKept()
    if (last !== null && awaited.cancel(last.message)) this.dropKept()
  }

  private lastKept(): Request | null {
    const { kept, parent } = this
    if (parent === null) return kept
    const around = parent.lastKept()
    return kept === null || (around !== null && around.number > kept.number) ? around : kept
  }

  private dropKept(): void {
    this.kept = null
    this.parent?.dropKept()
  }

  /**
   * Cancels what is waited for: whether something was, and whether something was woken already, which will ask for the
   * request.
   */
  private cancelAwaited(message: string | undefined): number {
    const { first } = this
    if (this.more === null && !(first instanceof Scope))
      return first === null ? NOTHING : first.cancel(message) ? REACHED : MISSED
    let outcome = NOTHING
    for (const awaited of this.awaited()) {
      outcome |= awaited instanceof Scope ? awaited.cancelAround(message) : awaited.cancel(message) ? REACHED : MISSED
    }
    return outcome
  }

  // ---------------------------------------------------------------- foreign promises

  /** Has `cut` called when a request finds nothing else to end in here; for who waits here for a foreign promise. */
  addCut(cut: Cut): void {
    ;(this.cuts ??= new Set()).add(cut)
  }

  removeCut(cut: Cut): void {
    this.cuts?.delete(cut)
  }

  /**
   * The turn is over, and a request was kept in it. If nothing here will meet it, the code here is left behind soon.
   */
  requestKept(): void {
    const { kept } = this
    if (kept === null || !this.isIdle() || !this.canCut()) return
    this.state.push({
      run: () => {
        if (this.kept !== kept || !this.isIdle()) return
        this.kept = null
        if (!this.cutOff(new CancelledError(kept.message))) this.kept = kept
      },
    })
  }

  /** Whether nothing is waited for in here that a request could reach, or that will wake and take the request. */
  private isIdle(): boolean {
    return this.awaited().every((awaited) => awaited instanceof Scope && awaited.isIdle())
  }

  private canCut(): boolean {
    if (this.cuts !== null && this.cuts.size > 0) return true
    if (this.parent === null && this.task?.canLeaveBehind() === true) return true
    return this.awaited().some((awaited) => awaited instanceof Scope && awaited.canCut())
  }

  /**
   * Ends the foreign waits of the innermost scopes, so that the code around them cleans up in its order; false when
   * there is none.
   */
  private cutOff(reason: CancelledError): boolean {
    let some = false
    for (const awaited of this.awaited()) if (awaited instanceof Scope) some = awaited.cutOff(reason) || some
    if (some) return true
    if (this.cuts !== null && this.cuts.size > 0) {
      this.cut = true
      this.state.current = this
      for (const cut of [...this.cuts]) cut(reason)
      return true
    }
    if (this.parent !== null || this.task?.canLeaveBehind() !== true) return false
    this.phase = 'abandoned'
    this.task.leaveBehind(reason)
    return true
  }
}

/** What code gets that was left behind, where it would wait for the loop or start something on it. */
export function leftBehind(): CancelledError {
  return new CancelledError('the task or scope of this code has ended without it')
}
