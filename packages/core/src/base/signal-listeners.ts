/**
 * One listener for each AbortSignal, however many tasks listen: Node warns of a leak from the eleventh listener on, and
 * one signal for a thousand tasks is what signals are for.
 */
import { describe, messageOf } from './describe.ts'

type Listener = (reason: string) => void

/** The listeners of one signal. */
class Fan {
  private readonly listeners = new Set<Listener>()

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.onAbort)
  }

  add(listener: Listener): void {
    this.listeners.add(listener)
  }

  /** The last one leaves nothing on the signal. */
  delete(listener: Listener): void {
    if (!this.listeners.delete(listener) || this.listeners.size > 0) return
    this.stop()
  }

  private readonly onAbort = (): void => {
    this.stop()
    const reason = messageOf(this.signal.reason)
    for (const listener of this.listeners) callOne(listener, reason)
  }

  private stop(): void {
    fans.delete(this.signal)
    this.signal.removeEventListener('abort', this.onAbort)
  }
}

const fans = new WeakMap<AbortSignal, Fan>()

/** Throws TypeError for what is no AbortSignal. */
export function checkSignal(signal: unknown): void {
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return
  throw new TypeError(
    `a signal must be an AbortSignal, not ${signal instanceof AbortController ? 'an AbortController: pass its signal' : describe(signal)}`,
  )
}

/**
 * Calls `listener` with the reason's message once `signal` aborts, or now if it has. What it returns takes that back.
 */
export function listen(signal: AbortSignal, listener: Listener): () => void {
  if (signal.aborted) {
    listener(messageOf(signal.reason))
    return () => {}
  }
  const fan = fans.get(signal) ?? new Fan(signal)
  fans.set(signal, fan)
  fan.add(listener)
  return () => {
    fan.delete(listener)
  }
}

/**
 * An error of one listener is the host's to report, as one of an event listener is; the others are called all the same.
 */
function callOne(listener: Listener, reason: string): void {
  try {
    listener(reason)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
