import { CancelledError } from './errors.ts'
import type { Place } from './place.ts'
import type { Cancellable, LoopState, TaskLike } from './state.ts'

/** What a scope asks of the place around it. */
export interface Surroundings extends Place {
  /** The kept request of this place or of one around it; taken. */
  takeRequest(): Error | null
  /** As `takeRequest`, but delivered to `awaited`, if that can be cancelled. */
  deliverRequest(awaited: Cancellable): void
  /** Requests made and not withdrawn, of this place and those around it. */
  requested(): number
  /** Withdraws one of them, the innermost. */
  withdraw(): void
  /** Has a request that was made and not withdrawn thrown once more, at the next wait. */
  renew(): void
  forget(awaited: Cancellable): void
}

/** Ends one wait for a foreign promise. */
export type Cut = (reason: Error) => void

/**
 * A part of a task, or of code outside tasks, that can be cancelled by itself. It counts as something that its
 * surroundings wait for: a request to them reaches what is waited for inside.
 *
 *     open ─> closed | abandoned (closed while its body was in a foreign await: its next wait throws)
 */
export class Scope implements Surroundings, Cancellable {
  readonly task: TaskLike | null
  readonly state: LoopState
  private readonly waits = new Set<Cancellable>()
  private kept: string | undefined | null = null
  private requests = 0
  private abandoned = false
  private closed = false
  /** Requests ever made, so that what was meant for one does not meet the next. */
  private asked = 0
  private wasCut = false
  private readonly cuts = new Set<Cut>()
  private controller: AbortController | null = null

  constructor(readonly parent: Surroundings) {
    this.task = parent.task
    this.state = parent.state
    parent.startWaiting(this)
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController()
      if (this.requests > 0) this.controller.abort(new CancelledError())
    }
    return this.controller.signal
  }

  /** Asks the body to end; what the scope itself has to ask for. `reason` is what its signal gets. */
  request(reason: unknown, message?: string): void {
    this.requests++
    this.asked++
    this.controller?.abort(reason)
    if (this.cancel(message)) return
    this.kept = message
    if (this.idle()) this.leaveSoon()
  }

  /** A request from around: through what is waited for inside. */
  cancel(message?: string): boolean {
    let reached = false
    for (const awaited of [...this.waits]) reached = awaited.cancel(message) || reached
    return reached
  }

  close(): void {
    this.closed = true
    this.abandoned = this.wasCut
    this.kept = null
    this.parent.forget(this)
    // What helpers in here still wait for is from now on waited for around.
    for (const awaited of this.waits) this.parent.startWaiting(awaited)
  }

  /** Has `cut` called when a request finds nothing to cancel in here; for who waits here for a foreign promise. */
  addCut(cut: Cut): void {
    this.cuts.add(cut)
  }

  removeCut(cut: Cut): void {
    this.cuts.delete(cut)
  }

  /** Whether `cutOff` would find something. */
  canCut(): boolean {
    if (this.cuts.size > 0) return true
    for (const awaited of this.waits) if (awaited instanceof Scope && awaited.canCut()) return true
    return false
  }

  /** Ends the foreign waits in here; false when there is none. */
  cutOff(reason: Error): boolean {
    let some = false
    for (const awaited of this.waits) if (awaited instanceof Scope) some = awaited.cutOff(reason) || some
    if (this.cuts.size === 0) return some
    this.wasCut = true
    for (const cut of [...this.cuts]) cut(reason)
    return true
  }

  /** Whether nothing is waited for in here that a request could reach, or that will wake and take the request. */
  idle(): boolean {
    for (const awaited of this.waits) if (!(awaited instanceof Scope) || !awaited.idle()) return false
    return true
  }

  /** Cuts off foreign waits, unless some code in here was woken already and takes the request where it waits. */
  private leaveSoon(): void {
    if (!this.canCut()) return
    const { asked } = this
    this.state.push({
      run: () => {
        if (this.kept === null || this.asked !== asked || !this.idle()) return
        const { kept } = this
        this.kept = null
        if (!this.cutOff(new CancelledError(kept))) this.kept = kept
      },
    })
  }

  startWaiting(awaited: Cancellable): void {
    if (this.abandoned) {
      awaited.cancel()
      return
    }
    if (this.closed) {
      this.parent.startWaiting(awaited)
      return
    }
    this.waits.add(awaited)
    this.deliverRequest(awaited)
  }

  stopWaiting(awaited: Cancellable): Error | null {
    if (this.abandoned) return new CancelledError()
    this.waits.delete(awaited)
    return this.closed ? this.parent.stopWaiting(awaited) : this.takeRequest()
  }

  forget(awaited: Cancellable): void {
    this.waits.delete(awaited)
    if (this.closed) this.parent.forget(awaited)
  }

  takeRequest(): Error | null {
    // One CancelledError answers all that were asked for meanwhile.
    const outer = this.parent.takeRequest()
    const { kept } = this
    if (kept === null) return outer
    this.kept = null
    return new CancelledError(kept)
  }

  deliverRequest(awaited: Cancellable): void {
    if (this.kept === null) this.parent.deliverRequest(awaited)
    else if (awaited.cancel(this.kept)) this.takeRequest()
  }

  requested(): number {
    return this.requests + this.parent.requested()
  }

  withdraw(): void {
    if (this.requests > 0) {
      if (--this.requests === 0) this.kept = null
    } else {
      this.parent.withdraw()
    }
  }

  renew(): void {
    if (this.requests > 0) this.kept = undefined
    else this.parent.renew()
  }

  /** What it waits for, those inside scopes included. */
  *inside(): Generator<Cancellable> {
    for (const awaited of this.waits) {
      if (awaited instanceof Scope) yield* awaited.inside()
      else yield awaited
    }
  }

  requestsInside(): number {
    let sum = this.requests
    for (const awaited of this.waits) if (awaited instanceof Scope) sum += awaited.requestsInside()
    return sum
  }
}

/** Code of a loop outside of any task: nobody can cancel it as a whole. */
export class Nowhere implements Surroundings {
  readonly task = null
  constructor(readonly state: LoopState) {}
  startWaiting(): void {}
  stopWaiting(): null {
    return null
  }
  forget(): void {}
  takeRequest(): null {
    return null
  }
  deliverRequest(): void {}
  requested(): number {
    return 0
  }
  withdraw(): void {}
  renew(): void {}
}
