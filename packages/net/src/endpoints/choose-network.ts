import type { EventLoop } from '@loop/core'
import { NotSupportedError } from '@loop/core'
import type { StreamIo } from '@loop/core/lowlevel'
import { describe } from '@loop/core/lowlevel'
import type { IoChoice, Network } from '../contracts/network.ts'
import cluster from 'node:cluster'
import { NodeNetwork } from '../node/node-network.ts'
import { StreamIoNetwork } from '../selector/stream-io-network.ts'
import { TlsStreamNetwork } from '../selector/tls-network.ts'
import type { Security } from '../selector/tls-choice.ts'
import { streamTls } from '../selector/tls-choice.ts'

/** The family to use. Throws NotSupportedError when the one asked for cannot do it. */
export function chooseNetwork(
  loop: EventLoop,
  choice: IoChoice = 'auto',
  security: Security | null = null,
  path?: string,
): Network {
  const { streams, name } = loop.selector
  if (choice !== 'auto' && choice !== 'streams' && choice !== 'node') {
    throw new TypeError(`io is 'auto', 'streams' or 'node', not ${describe(choice)}`)
  }
  if (choice === 'streams' && streams === undefined) {
    throw new NotSupportedError(`the ${name} selector carries no streams; use @loop/selector-native, or io: 'node'`)
  }
  if (streams?.isolated === true) return isolatedNetwork(loop, streams, choice, security)
  // Windows' named pipes are libuv's alone.
  const pipe = path !== undefined && process.platform === 'win32'
  if (choice === 'streams' && pipe) throw new NotSupportedError("a pipe of Windows is Node's: use io: 'node' or 'auto'")
  if (security !== null) return secureNetwork(loop, choice, security, pipe)
  if (streams === undefined || choice === 'node' || pipe) return new NodeNetwork(loop)
  return new StreamIoNetwork(loop, streams)
}

/** A network that nothing goes around. Throws NotSupportedError for what only the system's can do. */
function isolatedNetwork(loop: EventLoop, streams: StreamIo, choice: IoChoice, security: Security | null): Network {
  const { name } = loop.selector
  if (choice === 'node') throw new NotSupportedError(`the ${name} network is the only one here: leave io: 'node' out`)
  if (security !== null) throw new NotSupportedError(`the ${name} network speaks no TLS: leave tls out here`)
  return new StreamIoNetwork(loop, streams)
}

/** TLS over streams where it is asked for and possible, else that of Node. */
function secureNetwork(loop: EventLoop, choice: IoChoice, security: Security, pipe: boolean): Network {
  const tls = streamTls(loop, choice, security, pipe)
  return tls === null ? new NodeNetwork(loop) : new TlsStreamNetwork(loop, loop.selector.streams!, tls)
}

/**
 * Who carries a descriptor from elsewhere: the selector's streams where they take it over, else Node. Workers of
 * node:cluster, whose descriptors their parent may hold, leave it to Node.
 */
export function ioOfDescriptor(loop: EventLoop, io: IoChoice = 'auto'): IoChoice {
  const { streams, name } = loop.selector
  if (streams?.adoptListener !== undefined && process.platform !== 'win32')
    return io === 'auto' && cluster.isWorker ? 'node' : io
  if (io === 'streams') {
    throw new NotSupportedError(
      `the ${name} selector cannot take over a descriptor from elsewhere: use io: 'node' or 'auto' with fd`,
    )
  }
  return io === 'auto' ? 'node' : io
}
