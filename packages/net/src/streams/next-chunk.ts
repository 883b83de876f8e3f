import type { Future } from '@loop/core'
import { CancelledError } from '@loop/core'

/** What the iteration needs of its reader. */
export interface ChunkSource {
  /** The next piece, or the end. Throws the reader's failure. */
  takeNext(): IteratorResult<Buffer, undefined>
}

/** The parts of core that a wait is made of: the innermost scope that the code runs in, which can cancel it. */
interface Place {
  readonly task: object | null
  startWaiting(awaited: object): void
  stopWaiting(awaited: object): Error | null
}
interface State {
  current: Place | null
  currentPlace(): Place | null
  push(runnable: object): void
}

/**
 * The wait of an iteration for its next piece. One object serves a reader for all of them, and what is awaited is a
 * native promise: `for await` takes it in one microtask, and no context need be captured, as nothing of the program
 * runs here.
 */
export class NextChunk {
  /** Somebody waits. */
  active = false
  private woken = false
  private cancellation: Error | null = null
  private place: Place | null = null
  private resolve!: (value: IteratorResult<Buffer, undefined>) => void
  private reject!: (reason: unknown) => void
  private readonly state: State
  private readonly keep = (resolve: (value: IteratorResult<Buffer, undefined>) => void, reject: (reason: unknown) => void): void => {
    this.resolve = resolve
    this.reject = reject
  }

  constructor(
    private readonly source: ChunkSource,
    future: Future<void>,
  ) {
    this.state = (future as unknown as { state: State }).state
  }

  /** For observers, which name a wake-up by its task. */
  get task(): object | null {
    return this.place?.task ?? null
  }

  /** Waits on behalf of the calling task; null when it is none of this loop's, and a future has to say what is wrong. */
  wait(): Promise<IteratorResult<Buffer, undefined>> | null {
    const place = this.state.currentPlace()
    if (place === null || place.task === null) return null
    const promise = new Promise<IteratorResult<Buffer, undefined>>(this.keep)
    this.active = true
    this.place = place
    place.startWaiting(this)
    return promise
  }

  /** Something came: the wait ends in a handle of its own. */
  wake(): void {
    if (this.woken) return
    this.woken = true
    this.state.push(this)
  }

  /** For the place that waits. */
  cancel(message?: string): boolean {
    if (!this.active || this.woken) return false
    this.cancellation = new CancelledError(message)
    this.wake()
    return true
  }

  run(): void {
    const { place } = this
    let { cancellation } = this
    this.active = this.woken = false
    this.place = null
    this.cancellation = null
    if (place !== null) {
      this.state.current = place
      const late = place.stopWaiting(this)
      cancellation ??= late
    }
    if (cancellation !== null) {
      this.reject(cancellation)
      return
    }
    try {
      this.resolve(this.source.takeNext())
    } catch (error) {
      this.reject(error)
    }
  }
}
