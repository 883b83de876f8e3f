import type { EventLoop } from '@loop/core'
import { describe, NotSupportedError } from '@loop/core'
import type { IoChoice, Network } from './network.ts'
import { NodeNetwork } from './node/node-network.ts'
import { StreamIoNetwork } from './stream-io-network.ts'

/** The family to use. Throws NotSupportedError when the one asked for cannot do it. */
export function chooseNetwork(loop: EventLoop, choice: IoChoice = 'auto', tls = false, path?: string): Network {
  const { streams, name } = loop.selector
  if (choice !== 'auto' && choice !== 'streams' && choice !== 'node') {
    throw new TypeError(`io is 'auto', 'streams' or 'node', not ${describe(choice)}`)
  }
  if (choice === 'streams') {
    if (streams === undefined) throw new NotSupportedError(`the ${name} selector carries no streams; use @loop/selector-native, or io: 'node'`)
    if (tls) throw new NotSupportedError("TLS is Node's: use io: 'node' or 'auto'")
  }
  // Windows' named pipes are libuv's alone.
  const pipe = path !== undefined && process.platform === 'win32'
  if (choice === 'streams' && pipe) throw new NotSupportedError("a pipe of Windows is Node's: use io: 'node' or 'auto'")
  if (streams === undefined || choice === 'node' || tls || pipe) return new NodeNetwork(loop)
  return new StreamIoNetwork(loop, streams)
}
