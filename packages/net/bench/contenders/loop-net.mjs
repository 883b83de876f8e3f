/**
 * Echo over @loop/net. Arguments: mode, io, microseconds of busy polling, and more options of the server as JSON, where
 * key and certificate are files.
 *   echo     Protocol, bytes it may keep        split    every 64 bytes answered by a write of their own
 *   streams  an async handler over ./streams    buffered BufferedProtocol
 *   udp      datagrams
 *   io: epoll or uv (over StreamIo), node (over node:net)
 */
import { EventLoop } from '@loop/core'
import { readFileSync } from 'node:fs'
import { createDatagramEndpoint, createServer } from '@loop/net'
import { startServer } from '@loop/net/streams'
import { NativeSelector } from '@loop/selector-native'
import { PollSelector } from '@loop/selector-poll'

const [mode = 'echo', io = 'epoll', busyPollUs = '0', more = '{}'] = process.argv.slice(2)
const PIECE = 64
const { tls, ...options } = JSON.parse(more)
const place = {
  ...(options.path === undefined ? { host: '127.0.0.1', port: 0 } : {}),
  backlog: 4096,
  ...options,
  ...(tls === undefined ? {} : { tls: { key: readFileSync(tls.key), cert: readFileSync(tls.cert) } }),
}

class Echo {
  connectionMade(transport) {
    this.transport = transport
  }

  dataReceived(bytes) {
    this.transport.write(bytes)
  }
}

class Split extends Echo {
  dataReceived(bytes) {
    for (let at = 0; at < bytes.length; at += PIECE) this.transport.write(bytes.subarray(at, at + PIECE))
  }
}

class Buffered {
  memory = Buffer.allocUnsafe(65536)

  connectionMade(transport) {
    this.transport = transport
  }

  getBuffer() {
    return this.memory
  }

  bufferUpdated(count) {
    this.transport.write(this.memory.subarray(0, count))
  }
}

class Datagrams {
  connectionMade(transport) {
    this.transport = transport
  }

  datagramReceived(bytes, from) {
    this.transport.sendTo(bytes, { host: from.address, port: from.port })
  }
}

async function serve(reader, writer) {
  for await (const bytes of reader) {
    writer.write(bytes)
    await writer.drain()
  }
  writer.close()
}

const factories = { echo: () => new Echo(), split: () => new Split(), buffered: () => new Buffered() }
const selector =
  io === 'node' ? new PollSelector() : new NativeSelector({ backend: io, busyPollUs: Number(busyPollUs) })
const loop = new EventLoop({ selector })
process.stdin.on('end', () => process.exit(0)).resume()
await loop.runUntilComplete(async () => {
  if (mode === 'udp') {
    const [transport] = await createDatagramEndpoint(() => new Datagrams(), {
      localAddress: { host: '127.0.0.1', port: 0 },
    })
    console.log(transport.getExtraInfo('sockname').port)
    await loop.createFuture()
  }
  const server = await (mode === 'streams' ? startServer(serve, place) : createServer(factories[mode], place))
  console.log(options.path ?? server.port)
  await server.serveForever()
})
