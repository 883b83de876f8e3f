/** Records events in order, for comparison as a whole. */
export interface Recorder<T = unknown> {
  /** What was recorded, in order. */
  readonly events: T[]
  /** Records events. */
  push(...events: T[]): void
  /** A function that records `event` when called. */
  on(event: T): () => void
}

/** A new, empty recorder. */
export function recorder<T = unknown>(): Recorder<T> {
  const events: T[] = []
  return {
    events,
    push: (...more) => {
      events.push(...more)
    },
    on: (event) => () => {
      events.push(event)
    },
  }
}
