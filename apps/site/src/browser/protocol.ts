/** What the page and the worker of the playground say to each other. */

/** One moment of the loop, for stepping through. */
export interface Moment {
  readonly kind: 'scheduled' | 'handle' | 'turn' | 'task'
  /** What happened, in a line. */
  readonly text: string
  readonly turn: number
  /** Loop time in milliseconds. */
  readonly time: number
  /** What stands in the ready queue and the timer heap, by name. */
  readonly ready: readonly string[]
  readonly timers: readonly string[]
  readonly tasks: readonly { readonly name: string; readonly waitsFor: string }[]
}

export type FromWorker =
  | { readonly kind: 'print'; readonly text: string; readonly error?: true }
  | { readonly kind: 'moments'; readonly moments: readonly Moment[] }
  | { readonly kind: 'end'; readonly failed: boolean }

export interface ToWorker {
  readonly code: string
}
