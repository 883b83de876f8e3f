/**
 * TLS on the OpenSSL inside Node: the executable re-exports its symbols for addons (Node's addon documentation,
 * "Linking to libraries included with Node.js"), so that nothing is shipped and security fixes come with Node.
 *
 *     options ──tls.createSecureContext──> SSL_CTX ──one SSL each──> connections of the addon
 *
 * Node reads the options and builds the context; sessions, their I/O and their buffers are the addon's.
 */
import type { Connection, StreamTls, TlsContext, TlsSession, TlsSide, TlsStart } from '@loop/core/lowlevel'
import { NotSupportedError } from '@loop/core'
import process from 'node:process'
import type { SecureContext } from 'node:tls'
import { createSecureContext } from 'node:tls'
import type { NativeBinding, NativeTlsContext } from '../binding.ts'
import { usedPath } from '../binding.ts'
import type { Engine } from '../engine/engine.ts'
import { NativeConnection } from '../streams/connection.ts'
import { foreignOption, sideOptions } from './options.ts'
import type { NativeContext } from './session.ts'
import { NativeTlsSession } from './session.ts'

export class NativeTls implements StreamTls<Connection> {
  readonly engine = 'openssl-native'

  constructor(private readonly owner: Engine) {}

  refusal(side: TlsSide, options: object): string | undefined {
    const missing = missingHere(this.owner.native)
    if (missing !== undefined) return missing
    const foreign = foreignOption(side, options)
    return foreign === undefined ? undefined : `only node:tls has the option ${foreign}`
  }

  context(side: TlsSide, options: object): TlsContext {
    const refusal = this.refusal(side, options)
    if (refusal !== undefined) throw new NotSupportedError(`TLS over streams is not possible: ${refusal}`)
    const read = sideOptions(side, options)
    const [owner, handle] = contextOf(this.owner.native, side, read.protocols, () =>
      createSecureContext(read.forContext),
    )
    if (owner === undefined || handle === undefined) throw new NotSupportedError(NOT_SEEN)
    const context: NativeContext = { side, handle, owner, options: read }
    return context
  }

  start(connection: Connection, context: TlsContext, start: TlsStart): TlsSession {
    if (!(connection instanceof NativeConnection))
      throw new TypeError('TLS over streams needs a connection of the same streams')
    return new NativeTlsSession(this.owner, connection, context as NativeContext, start)
  }
}

const NOT_SEEN = 'the context that Node made was not seen by the OpenSSL that was found'

/** A context made by Node, and OpenSSL's own of it. */
function contextOf(
  native: NativeBinding,
  side: TlsSide,
  protocols: Uint8Array,
  make: () => SecureContext,
): [SecureContext | undefined, NativeTlsContext | undefined] {
  let owner: SecureContext | undefined
  const handle = native.tlsContext(
    () => {
      owner = make()
    },
    side === 'server' ? 1 : 0,
    protocols,
  )
  return [owner, handle]
}

let missing: string | null | undefined

/** Why TLS is not possible in this program, found out once; undefined when it is. */
function missingHere(native: NativeBinding): string | undefined {
  if (missing === undefined) missing = look(native) ?? null
  return missing ?? undefined
}

function look(native: NativeBinding): string | undefined {
  if (process.versions['electron'] !== undefined) return 'the TLS inside Electron is not OpenSSL'
  if ((process.config.variables as { node_shared_openssl?: unknown }).node_shared_openssl === true)
    return 'this Node uses an OpenSSL outside of it'
  const flag = ['--trace-tls', '--tls-keylog'].find((name) =>
    [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ').includes(name),
  )
  if (flag !== undefined) return `only node:tls has ${flag}`
  const lacking = native.tlsLoad(usedPath())
  if (lacking !== undefined) return `this program does not provide ${lacking}`
  const [, handle] = contextOf(native, 'client', new Uint8Array(0), () => createSecureContext({ ca: [] }))
  return handle === undefined ? NOT_SEEN : undefined
}
