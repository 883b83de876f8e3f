import type { LoopFactory, LoopOptions, Selector } from '@loop/core'
import { EventLoop } from '@loop/core'

/** A selector that may or may not work on this machine. */
export interface SelectorCandidate {
  /** Whether it can be made here. */
  isSupported(): boolean
  /** Makes one, for one loop. */
  create(): Selector
}

/** Options of {@link defaultLoop}: those of the loop, with a choice of selectors in place of one. */
export interface DefaultLoopOptions extends Omit<LoopOptions, 'selector'> {
  /** Tried in this order; with none that works here, the loop sleeps on the host's timers and watches no sources. */
  readonly selectors?: readonly SelectorCandidate[]
}

/**
 * Makes ordinary loops, on the best of the selectors it is given.
 *
 * ```ts
 * await run(main, { loopFactory: defaultLoop() })
 * ```
 */
export function defaultLoop({ selectors = [], ...options }: DefaultLoopOptions = {}): LoopFactory {
  return () => {
    const chosen = selectors.find((candidate) => candidate.isSupported())
    return new EventLoop(chosen === undefined ? options : { ...options, selector: chosen.create() })
  }
}
