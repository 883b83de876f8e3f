/**
 * One listener for each AbortSignal, however many tasks follow it: a request's signal may end thousands, and that is no
 * leak.
 */
class Followers {
  readonly all = new Set<() => void>()

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.onAbort, { once: true })
  }

  /** Nobody is left; Node keeps some signals in memory while they have a listener. */
  leave(): void {
    this.signal.removeEventListener('abort', this.onAbort)
  }

  private readonly onAbort = (): void => {
    followers.delete(this.signal)
    for (const onAbort of this.all) onAbort()
  }
}

const followers = new WeakMap<AbortSignal, Followers>()

/** Calls `onAbort` when the signal is aborted; the returned function ends that. */
export function follow(signal: AbortSignal, onAbort: () => void): () => void {
  const own = followers.get(signal) ?? new Followers(signal)
  followers.set(signal, own)
  own.all.add(onAbort)
  return () => {
    own.all.delete(onAbort)
    if (own.all.size > 0 || followers.get(signal) !== own) return
    followers.delete(signal)
    own.leave()
  }
}
