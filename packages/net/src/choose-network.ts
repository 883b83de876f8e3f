import type { Connection, EventLoop, StreamTls, TlsSide } from '@loop/core'
import { describe, NotSupportedError } from '@loop/core'
import type { IoChoice, Network, TlsEngine } from './network.ts'
import { NodeNetwork } from './node/node-network.ts'
import { StreamIoNetwork } from './stream-io-network.ts'
import { TlsStreamNetwork } from './tls-engine.ts'

/** TLS as it was asked for. */
export interface Security {
  readonly side: TlsSide
  readonly options: object
  readonly engine: TlsEngine | undefined
}

/** The family to use. Throws NotSupportedError when the one asked for cannot do it. */
export function chooseNetwork(loop: EventLoop, choice: IoChoice = 'auto', security: Security | null = null, path?: string): Network {
  const { streams, name } = loop.selector
  if (choice !== 'auto' && choice !== 'streams' && choice !== 'node') {
    throw new TypeError(`io is 'auto', 'streams' or 'node', not ${describe(choice)}`)
  }
  if (choice === 'streams' && streams === undefined) {
    throw new NotSupportedError(`the ${name} selector carries no streams; use @loop/selector-native, or io: 'node'`)
  }
  // Windows' named pipes are libuv's alone.
  const pipe = path !== undefined && process.platform === 'win32'
  if (choice === 'streams' && pipe) throw new NotSupportedError("a pipe of Windows is Node's: use io: 'node' or 'auto'")
  if (security !== null) return secureNetwork(loop, choice, security, pipe)
  if (streams === undefined || choice === 'node' || pipe) return new NodeNetwork(loop)
  return new StreamIoNetwork(loop, streams)
}

/** TLS over streams where it is asked for and possible, else that of Node. */
function secureNetwork(loop: EventLoop, choice: IoChoice, security: Security, pipe: boolean): Network {
  const tls = streamTls(loop, choice, security, pipe)
  return tls === null ? new NodeNetwork(loop) : new TlsStreamNetwork(loop, loop.selector.streams!, tls)
}

/** The TLS of the selector's streams where it is asked for and possible, or null. Throws NotSupportedError where nothing else will do. */
export function streamTls(
  loop: EventLoop,
  choice: IoChoice,
  { side, options, engine = 'node' }: Security,
  pipe = false,
): StreamTls<Connection> | null {
  if (engine !== 'auto' && engine !== 'native' && engine !== 'node') {
    throw new TypeError(`tlsEngine is 'auto', 'native' or 'node', not ${describe(engine)}`)
  }
  const { streams, name } = loop.selector
  let refusal: string | undefined
  if (engine === 'node') refusal = "it is Node's unless tlsEngine is 'native' or 'auto'"
  else if (choice === 'node') refusal = "io is 'node'"
  else if (pipe) refusal = "a pipe of Windows is Node's"
  else if (streams?.tls === undefined) refusal = `the ${name} selector has none`
  else refusal = streams.tls.refusal(side, options)
  if (refusal === undefined) return streams!.tls!
  if (engine === 'native' || choice === 'streams') throw new NotSupportedError(`TLS over streams is not possible: ${refusal}`)
  return null
}

/** A descriptor from elsewhere is Node's to carry. */
export function ioOfDescriptor(io: IoChoice = 'auto'): IoChoice {
  if (io === 'streams') throw new NotSupportedError("a descriptor from elsewhere is carried by Node: use io: 'node' or 'auto' with fd")
  return io === 'auto' ? 'node' : io
}
