import { connect } from 'node:net'
import { InspectionError } from '../errors.ts'

/** Milliseconds for a whole answer, however steadily it comes. */
const LONGEST = 60_000

/** One question to an inspected process, and what its answer may be. */
export interface Exchange {
  readonly address: string
  /** Sent once the socket is open; where there is none, being asked is the question. */
  readonly request?: string
  /** Milliseconds of silence. */
  readonly timeout: number
  /** Takes so many bytes more; false when they are too many. */
  readonly takes: (bytes: number) => boolean
  /** What the error says: of silence, of an answer without an end, of one that is too long. */
  readonly silent: string
  readonly endless: (ms: number) => string
  readonly tooLong: string
}

/**
 * The whole answer at an address. Rejects with InspectionError when a limit is passed, with the system's error when the
 * socket fails.
 */
export function exchange(of: Exchange): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const socket = connect(of.address, () => {
      if (of.request !== undefined) socket.write(of.request)
    })
    const fail = (message: string): void => {
      socket.destroy()
      reject(new InspectionError(message))
    }
    const whole = setTimeout(() => {
      fail(of.endless(LONGEST))
    }, LONGEST)
    socket.on('close', () => {
      clearTimeout(whole)
    })
    socket.setTimeout(of.timeout, () => {
      fail(of.silent)
    })
    socket.on('data', (part) => {
      if (of.takes(part.length)) parts.push(part)
      else fail(of.tooLong)
    })
    socket.on('error', reject)
    socket.on('end', () => {
      resolve(Buffer.concat(parts))
    })
  })
}
