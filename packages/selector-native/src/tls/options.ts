import type { TlsSide } from '@loop/core/lowlevel'
import process from 'node:process'
import type { ConnectionOptions, PeerCertificate, SecureContextOptions } from 'node:tls'
import { checkServerIdentity } from 'node:tls'

/**
 * Options that become the context that Node builds. With those below, all that is served; whatever else is set belongs
 * to node:tls (SNICallback, pskCallback, requestOCSP, enableTrace, a SecureContext of the program, …).
 */
const OF_CONTEXT = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'pfx',
  'crl',
  'ciphers',
  'sigalgs',
  'ecdhCurve',
  'dhparam',
  'honorCipherOrder',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'secureOptions',
  'sessionIdContext',
  'sessionTimeout',
  'ticketKeys',
  'allowPartialTrustChain',
] as const
const OF_BOTH = ['ALPNProtocols', 'rejectUnauthorized', 'handshakeTimeout', 'shutdownTimeout']
const SERVED: Readonly<Record<TlsSide, ReadonlySet<string>>> = {
  server: new Set([...OF_CONTEXT, ...OF_BOTH, 'requestCert']),
  client: new Set([...OF_CONTEXT, ...OF_BOTH, 'servername', 'session', 'checkServerIdentity']),
}

/** Options of node:tls as they are used here. */
type Options = ConnectionOptions & SecureContextOptions

/** The option that is not served, or undefined. */
export function foreignOption(side: TlsSide, options: object): string | undefined {
  return Object.entries(options).find(([name, value]) => value !== undefined && !SERVED[side].has(name))?.[0]
}

/** What of a side's options is not the context's. */
export interface SideOptions {
  readonly forContext: SecureContextOptions
  /** Of ALPN, as on the wire. */
  readonly protocols: Uint8Array
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  /** Undefined where `host` is to be taken; '' where none is to be sent. */
  readonly servername: string | undefined
  readonly session: Uint8Array
  readonly checkServerIdentity: (hostname: string, certificate: PeerCertificate) => Error | undefined
}

const NOTHING = new Uint8Array(0)

/** Reads them as node:tls does, with its defaults. */
export function sideOptions(side: TlsSide, given: object): SideOptions {
  const options = given as Options
  const forContext: Record<string, unknown> = {}
  for (const name of OF_CONTEXT) {
    const value = (options as Record<string, unknown>)[name]
    if (value !== undefined) forContext[name] = value
  }
  if (side === 'server') forContext['honorCipherOrder'] ??= true
  // Tickets are only taken by a server that names its context; nobody else has the keys of this one.
  if (side === 'server') forContext['sessionIdContext'] ??= 'loop'
  return {
    forContext,
    protocols: protocolsOnWire(options.ALPNProtocols),
    requestCert: options.requestCert === true,
    rejectUnauthorized:
      options.rejectUnauthorized ?? (side === 'server' || process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0'),
    servername: options.servername,
    session: options.session ?? NOTHING,
    checkServerIdentity: options.checkServerIdentity ?? checkServerIdentity,
  }
}

/** Each protocol after its length, in a byte. Throws RangeError for one that is empty or longer than 255 bytes. */
function protocolsOnWire(protocols: ConnectionOptions['ALPNProtocols']): Uint8Array {
  if (protocols === undefined) return NOTHING
  if (ArrayBuffer.isView(protocols)) return new Uint8Array(protocols.buffer, protocols.byteOffset, protocols.byteLength)
  const pieces: Uint8Array[] = []
  for (const protocol of protocols as readonly (string | Uint8Array)[]) {
    const name = typeof protocol === 'string' ? Buffer.from(protocol) : protocol
    if (name.length === 0 || name.length > 255) {
      throw new RangeError(
        `a protocol of ALPN has 1 to 255 bytes, got ${name.length}: ${JSON.stringify(String(protocol))}`,
      )
    }
    pieces.push(Uint8Array.of(name.length), name)
  }
  return Buffer.concat(pieces)
}
