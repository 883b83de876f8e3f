import type { ConnectionOptions, PeerCertificate, TlsOptions } from 'node:tls'
import { checkServerIdentity } from 'node:tls'
import { toError } from '../base/transport-parts.ts'

/** Takes what a callback of the program threw: the handshake fails with it. */
export type Failed = (error: Error) => void

type Callback = (...args: never[]) => unknown

/**
 * The options of a server with each callback in a catch: Node calls them in the middle of a handshake, where an
 * exception reaches nobody but the process (in older releases any of them, in all that of `checkServerIdentity`).
 */
export function guardServer(options: TlsOptions, failed: Failed): TlsOptions {
  const { SNICallback: choose, ALPNCallback: agree, pskCallback: key } = options
  return {
    ...options,
    ...(typeof choose !== 'function'
      ? {}
      : {
          SNICallback: ((name, done) => {
            try {
              choose(name, done)
            } catch (error) {
              done(toError(error))
            }
          }) satisfies TlsOptions['SNICallback'],
        }),
    ...(typeof agree !== 'function' ? {} : { ALPNCallback: guard(agree, failed, undefined) }),
    ...(typeof key !== 'function' ? {} : { pskCallback: guard(key, failed, null) }),
  }
}

/** As {@link guardServer}, of a client. */
export function guardClient(options: ConnectionOptions, failed: Failed): ConnectionOptions {
  const { checkServerIdentity: check = checkServerIdentity, pskCallback: key } = options
  return {
    ...options,
    checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
      try {
        const found = check(host, certificate) as unknown
        return found === undefined || found === null || found === false ? undefined : toError(found)
      } catch (error) {
        return toError(error)
      }
    },
    ...(typeof key !== 'function' ? {} : { pskCallback: guard(key, failed, null) }),
  }
}

function guard<F extends Callback>(callback: F, failed: Failed, refused: undefined | null): F {
  const guarded = (...args: Parameters<F>): unknown => {
    try {
      return callback(...args)
    } catch (error) {
      failed(toError(error))
      return refused
    }
  }
  return guarded as F
}
