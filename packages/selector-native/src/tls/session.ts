import type { ReadyEvent, TlsFacts, TlsSession, TlsSide, TlsStart } from '@loop/core/lowlevel'
import { describe } from '@loop/core/lowlevel'
import { isIP } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import type { NativeTlsContext } from '../binding.ts'
import { SystemError } from '../errors.ts'
import { Kind } from '../engine/layout.ts'
import type { Engine, SlotOwner } from '../engine/engine.ts'
import { running } from '../engine/engine.ts'
import type { NativeConnection } from '../streams/connection.ts'
import { refuse } from '../streams/socket.ts'
import { peerCertificate } from './certificates.ts'
import { sessionError, verificationError } from './errors.ts'
import type { SideOptions } from './options.ts'

/** Bits of how a session begins; the same in native/tls.h. */
const Flag = { server: 1, request: 2, require: 4 } as const

/** A context of OpenSSL, and what JavaScript decides of its sessions. */
export interface NativeContext {
  readonly side: TlsSide
  readonly handle: NativeTlsContext
  /** Node's object of the context: its callbacks need it as long as there are sessions. */
  readonly owner: object
  readonly options: SideOptions
}

const NOTHING = new Uint8Array(0)

/** One session: the addon reports what becomes of it, and programs ask what it is. */
export class NativeTlsSession implements TlsSession, Pick<SlotOwner, 'take'> {
  authorizationError: Error | undefined
  facts: TlsFacts | undefined
  /** The name to check the server's certificate against. */
  private readonly hostname: string
  /** What the peer sent before this: part of the session. */
  private readonly received: Uint8Array

  constructor(
    private readonly engine: Engine,
    private readonly connection: NativeConnection,
    private readonly context: NativeContext,
    private readonly start: TlsStart,
  ) {
    const { options } = context
    this.hostname = (options.servername || start.host) ?? 'localhost'
    if (connection.session !== null) refuse('start TLS', 'the connection has a session already')
    if (connection.state !== 'open') refuse('start TLS', `the connection is ${connection.state}`)
    connection.pull = false
    engine.flush()
    this.received = Buffer.concat([start.received ?? NOTHING, ...connection.takePending()])
    connection.session = this
    const error = this.begin()
    if (error === 0) return
    connection.session = null
    throw new SystemError(error, 'TLS session', 'one of the options session, servername or ALPNProtocols is not valid')
  }

  private begin(): number {
    const { side, handle, options } = this.context
    const flags =
      (side === 'server' ? Flag.server : 0) |
      (options.requestCert ? Flag.request : 0) |
      (options.requestCert && options.rejectUnauthorized ? Flag.require : 0)
    // An address is no name that a server could be asked for (RFC 6066, section 3).
    const named = options.servername ?? this.start.host ?? ''
    const asked = isIP(named) === 0 ? named : ''
    return this.engine.native.tlsBegin(
      this.engine.handle,
      this.connection.id,
      handle,
      flags,
      asked,
      options.session,
      this.received,
    )
  }

  take(kind: number, a: number, b: number, into: ReadyEvent[]): void {
    if (kind === Kind.tlsSecured)
      into.push(
        running(() => {
          this.secured(a)
        }),
      )
    else if (kind === Kind.tlsFailed) {
      this.connection.explain(sessionError(this.engine.received.window(a, b).toString('latin1')))
    }
  }

  peerCertificate(): PeerCertificate | undefined {
    const ders = this.engine.closed
      ? undefined
      : this.engine.native.tlsCertificates(this.engine.handle, this.connection.id)
    return ders === undefined ? undefined : peerCertificate(ders)
  }

  ticket(): Uint8Array | undefined {
    return this.engine.closed ? undefined : this.engine.native.tlsSession(this.engine.handle, this.connection.id)
  }

  private agreed(): TlsFacts | undefined {
    const raw = this.engine.native.tlsFacts(this.engine.handle, this.connection.id)
    if (raw === undefined) return undefined
    const { protocol, cipher = '', standardName = '', cipherVersion = '', alpn, servername, reused } = raw
    return {
      protocol,
      cipher: { name: cipher, standardName, version: cipherVersion },
      alpnProtocol: alpn,
      servername,
      sessionReused: reused !== 0,
    }
  }

  /** The handshake is done: the program hears of it, unless the peer is refused. */
  private secured(found: number): void {
    const { connection } = this
    if (connection.state !== 'open') return
    this.facts = this.agreed()
    this.authorizationError = this.errorOf(found)
    if (this.authorizationError !== undefined && this.context.options.rejectUnauthorized)
      connection.abort(this.authorizationError)
    else this.start.secured(this)
  }

  /** As node:tls: what verification found; then, of a server, whether its certificate bears the name. */
  private errorOf(found: number): Error | undefined {
    const { side, options } = this.context
    if (side === 'server' && !options.requestCert) return undefined
    if (found !== 0) return verificationError(found, this.engine.native.tlsVerifyText(found))
    // A resumed session was checked when it began.
    if (side === 'server' || this.facts?.sessionReused === true) return undefined
    try {
      const refusal = options.checkServerIdentity(
        this.hostname,
        this.peerCertificate() ?? ({} as PeerCertificate),
      ) as unknown
      return refusal === undefined || refusal === null || refusal === false ? undefined : errorFrom(refusal)
    } catch (error) {
      return errorFrom(error)
    }
  }
}

/** An Error for whatever a callback of the program gave or threw. */
function errorFrom(given: unknown): Error {
  if (given instanceof Error) return given
  return new Error(typeof given === 'string' ? given : describe(given), { cause: given })
}
