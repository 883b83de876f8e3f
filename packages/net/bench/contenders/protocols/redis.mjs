/**
 * A small redis: redis.mjs protocol|streams|node.
 *   protocol  a Protocol of @loop/net    streams  an async handler that reads lines, as in examples/redis-server.ts
 *   node      node:net, with the same parser as the protocol
 */
import { createServer as createNodeServer } from 'node:net'
import { EventLoop } from '@loop/core'
import { createServer } from '@loop/net'
import { startServer } from '@loop/net/streams'
import { NativeSelector } from '@loop/selector-native'
import { answer, Session } from './redis-commands.mjs'

const place = { host: '127.0.0.1', port: 0, backlog: 4096 }

class Redis {
  session = new Session()

  connectionMade(transport) {
    this.transport = transport
  }

  dataReceived(bytes) {
    const answers = this.session.feed(bytes)
    if (answers !== '') this.transport.write(Buffer.from(answers, 'latin1'))
  }
}

const lineOf = async (reader) => (await reader.readLine()).latin1Slice().trimEnd()

async function serve(reader, writer) {
  for (let head = await lineOf(reader); head !== ''; head = await lineOf(reader)) {
    const words = []
    for (let left = Number(head.slice(1)); left > 0; left--) {
      const length = Number((await lineOf(reader)).slice(1))
      words.push((await reader.readExactly(length + 2)).latin1Slice(0, length))
    }
    writer.write(Buffer.from(answer(words), 'latin1'))
    await writer.drain()
  }
  writer.close()
}

const kind = process.argv[2]
process.stdin.on('end', () => process.exit(0)).resume()
if (kind === 'node') {
  const server = createNodeServer({ noDelay: true }, (socket) => {
    const session = new Session()
    socket.on('data', (bytes) => {
      const answers = session.feed(bytes)
      if (answers !== '') socket.write(answers, 'latin1')
    })
    socket.on('error', () => {})
  })
  server.listen(place, () => console.log(server.address().port))
} else {
  const loop = new EventLoop({ selector: new NativeSelector() })
  await loop.runUntilComplete(async () => {
    const server = await (kind === 'streams' ? startServer(serve, place) : createServer(() => new Redis(), place))
    console.log(server.port)
    await server.serveForever()
  })
}
