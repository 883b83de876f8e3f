import type { EventLoop, TimerHandle } from '@loop/core'
import { ConnectionLostError, IncompleteReadError } from '../contracts/errors.ts'

/**
 * Milliseconds in which losses are counted together: a peer that dies takes its connections with it within few of them.
 */
const TOGETHER_MS = 250

/** What systems say of a peer that went away. */
const LOSSES = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'])

/** Whether an exception says that the peer went away, and nothing of the program. */
export function isLoss(exception: unknown): boolean {
  if (exception instanceof ConnectionLostError || exception instanceof IncompleteReadError) return true
  return exception instanceof Error && LOSSES.has(String((exception as { code?: unknown }).code))
}

/** What is said of one, and of those that followed. */
export interface LossTexts {
  readonly one: string
  more(count: number): string
}

/**
 * Reports of what happens to many connections at once: the first at once, and those that follow as one, with their
 * number.
 */
export class LossReports {
  private last = -Infinity
  private more: { readonly exception: unknown; readonly detail: object; count: number } | null = null

  private timer: TimerHandle | null = null
  private atTheLatest: Disposable | null = null

  constructor(
    private readonly loop: EventLoop,
    private readonly texts: LossTexts,
  ) {}

  add(exception: unknown, detail: object): void {
    const { loop } = this
    if (this.more !== null) {
      this.more.count++
      return
    }
    const now = loop.time()
    const late = now - this.last >= TOGETHER_MS
    this.last = now
    if (late) {
      loop.callExceptionHandler({ message: this.texts.one, exception, ...detail })
      return
    }
    this.more = { exception, detail, count: 1 }
    this.timer = loop.callLater(TOGETHER_MS, () => {
      this.flush()
    })
    this.atTheLatest = loop.onClose(() => {
      this.flush()
    })
  }

  /** Reports what was collected now: its server is over. */
  flush(): void {
    const { more, loop, texts } = this
    this.timer?.cancel()
    this.atTheLatest?.[Symbol.dispose]()
    this.more = this.timer = this.atTheLatest = null
    if (more === null) return
    const { exception, detail, count } = more
    this.last = loop.time()
    loop.callExceptionHandler({ message: count === 1 ? texts.one : texts.more(count), exception, ...detail, count })
  }
}
