/** What the transports of streams and of datagrams share. */
import type { EventLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { BaseProtocol } from '../contracts/protocols.ts'
import type { WriteBufferLimits } from '../contracts/protocols.ts'

/** asyncio's default; pipes and sockets of most systems hold about as much. */
const HIGH_WATER = 64 * 1024
/** asyncio's rule: a quarter, so that sending goes on before everything has left. */
const LOW_FROM_HIGH = 4

/** Writes to what is lost before they are reported, once: asyncio's number. */
export const DROPPED_WRITES_REPORTED = 5

/** The marks of a new transport. */
export const DEFAULT_LIMITS: WriteBufferLimits = Object.freeze({ high: HIGH_WATER, low: HIGH_WATER / LOW_FROM_HIGH })

/** Completes the marks as asyncio does. Throws RangeError unless `0 <= low <= high`. */
export function waterMarks(limits: Partial<WriteBufferLimits>): WriteBufferLimits {
  const high = limits.high ?? (limits.low === undefined ? HIGH_WATER : LOW_FROM_HIGH * limits.low)
  const low = limits.low ?? Math.floor(high / LOW_FROM_HIGH)
  if (!(Number.isInteger(high) && Number.isInteger(low) && low >= 0 && low <= high)) {
    throw new RangeError(
      `write buffer limits are whole numbers of bytes with 0 <= low <= high, got high ${describe(high)}, low ${describe(low)}`,
    )
  }
  return Object.freeze({ high, low })
}

/** A method that protocols of all kinds may have, called at the end of something that must not fail. */
export type Notice = 'connectionLost' | 'pauseWriting' | 'resumeWriting'

/** Calls a protocol's method; what it throws is reported and harms nothing else. */
export function callProtocol(
  transport: { getProtocol(): BaseProtocol<never> },
  loop: EventLoop,
  method: Notice,
  error?: Error,
): void {
  const protocol = transport.getProtocol()
  try {
    protocol[method]?.(error)
  } catch (exception) {
    loop.callExceptionHandler({ message: `protocol.${method}() failed`, exception, transport, protocol })
  }
}

/** An Error for whatever was thrown. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(describe(thrown), { cause: thrown })
}
