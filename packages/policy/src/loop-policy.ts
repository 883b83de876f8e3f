/**
 * asyncio's policies, for programs that are written that way: one object in the process says which loops are made.
 *
 * A loop factory given to `run` says the same for one program, without anything global; prefer that.
 */
import type { EventLoop, LoopFactory } from '@loop/core'
import { InvalidStateError, runningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { checkLoop } from './check-loop.ts'
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
    if (typeof factory !== 'function') throw new TypeError(`a policy takes a loop factory, not ${describe(factory)}`)
  }

  /** A new loop; it does not become the current one. Throws TypeError when the factory makes something else. */
  newLoop(): EventLoop {
    const loop: unknown = this.factory()
    checkLoop(loop, 'what the loop factory of a policy makes')
    return loop as EventLoop
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

  /** Makes `loop` the current one; null for none. Throws TypeError for anything else. */
  setLoop(loop: EventLoop | null): void {
    if (loop !== null) checkLoop(loop, 'the loop of setLoop')
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
  if (next !== null && !(next instanceof LoopPolicy))
    throw new TypeError(`setLoopPolicy takes a LoopPolicy, or null for the default, not ${describe(next)}`)
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
