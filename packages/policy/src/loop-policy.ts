/**
 * asyncio's policies, for programs that are written that way: one object in the process says which loops are made.
 *
 * A loop factory given to `run` says the same for one program, without anything global; prefer that.
 */
import type { EventLoop, LoopFactory } from '@loop/core'
import { InvalidStateError, runningLoop } from '@loop/core'
import { defaultLoop } from './default-loop.ts'

/**
 * Says which loops are made, and keeps one that is current outside of running ones.
 *
 * ```ts
 * setLoopPolicy(new LoopPolicy(debugLoop()))
 * await run(main, { loopFactory: newLoop })
 * setLoopPolicy(null)
 * ```
 */
export class LoopPolicy {
  /** undefined before one was made or set, null when it was set to none. */
  private loop: EventLoop | null | undefined = undefined

  /** @param factory Makes the loops of this policy; ordinary ones by default */
  constructor(private readonly factory: LoopFactory = defaultLoop()) {
    if (typeof factory !== 'function') throw new TypeError(`a policy takes a loop factory, not ${typeof factory}`)
  }

  /** A new loop; it does not become the current one. */
  newLoop(): EventLoop {
    return this.factory()
  }

  /**
   * The running loop, or else the current one, made on first use.
   * Throws InvalidStateError when `setLoop(null)` took it away.
   */
  getLoop(): EventLoop {
    const running = runningLoop()
    if (running !== null) return running
    if (this.loop === undefined) this.loop = this.newLoop()
    if (this.loop === null) throw new InvalidStateError('there is no current event loop; it was set to null')
    return this.loop
  }

  /** Makes `loop` the current one; null for none. */
  setLoop(loop: EventLoop | null): void {
    this.loop = loop
  }
}

let policy: LoopPolicy | null = null

/** The policy in force. */
export function getLoopPolicy(): LoopPolicy {
  return (policy ??= new LoopPolicy())
}

/** Puts a policy in force for the whole process; null for a new default one. Throws TypeError for anything else. */
export function setLoopPolicy(next: LoopPolicy | null): void {
  if (next !== null && !(next instanceof LoopPolicy)) throw new TypeError('setLoopPolicy takes a LoopPolicy, or null for the default')
  policy = next
}

/** Puts a policy in force until the end of a scope: `using scope = useLoopPolicy(new LoopPolicy(debugLoop()))`. */
export function useLoopPolicy(next: LoopPolicy | null): Disposable {
  const before = policy
  setLoopPolicy(next)
  return {
    [Symbol.dispose]: () => {
      policy = before
    },
  }
}

/** A loop of the policy in force; as a factory, `run(main, { loopFactory: newLoop })`. */
export function newLoop(): EventLoop {
  return getLoopPolicy().newLoop()
}
