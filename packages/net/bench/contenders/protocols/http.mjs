/**
 * HTTP/1.1 with keep-alive that answers GET /hello: http.mjs streams|protocol|node.
 *   streams   an async handler that reads lines and checks each header, as in examples/http-server.ts
 *   protocol  a Protocol that looks for the end of the head, as much as wrk's requests need
 *   node      node:http
 */
import { createServer as createHttpServer } from 'node:http'
import { EventLoop } from '@loop/core'
import { createServer } from '@loop/net'
import { startServer } from '@loop/net/streams'
import { NativeSelector } from '@loop/selector-native'

const place = { host: '127.0.0.1', port: 0, backlog: 4096 }
const CONTENT = 'hello'

const response = (status, content) =>
  Buffer.from(`HTTP/1.1 ${status}\r\ncontent-length: ${content.length}\r\ncontent-type: text/plain\r\n\r\n${content}`)

function answerTo(line) {
  const [, method, path] = /^([A-Z]+) (\/\S*) HTTP\/1\.1$/.exec(line) ?? []
  if (method === undefined) return response('400 Bad Request', '')
  return method === 'GET' && path === '/hello' ? response('200 OK', CONTENT) : response('404 Not Found', '')
}

const lineOf = async (reader) => (await reader.readLine()).latin1Slice().replace(/\r?\n$/, '')

async function serve(reader, writer) {
  for (let line = await lineOf(reader); line !== ''; line = await lineOf(reader)) {
    for (let header = await lineOf(reader); header !== ''; header = await lineOf(reader)) {
      if (!/^[!#$%&'*+.^`|~\w-]+:[ \t]*(.*?)[ \t]*$/.test(header)) break
    }
    writer.write(answerTo(line))
    await writer.drain()
  }
  writer.close()
}

class Http {
  head = ''

  connectionMade(transport) {
    this.transport = transport
  }

  dataReceived(bytes) {
    this.head += bytes.latin1Slice()
    for (let end = this.head.indexOf('\r\n\r\n'); end >= 0; end = this.head.indexOf('\r\n\r\n')) {
      this.transport.write(answerTo(this.head.slice(0, this.head.indexOf('\r\n'))))
      this.head = this.head.slice(end + 4)
    }
  }
}

const kind = process.argv[2]
process.stdin.on('end', () => process.exit(0)).resume()
if (kind === 'node') {
  const server = createHttpServer((request, reply) => {
    if (request.method === 'GET' && request.url === '/hello')
      reply.writeHead(200, { 'content-length': CONTENT.length, 'content-type': 'text/plain' }).end(CONTENT)
    else reply.writeHead(404).end()
  })
  server.listen(place, () => console.log(server.address().port))
} else {
  const loop = new EventLoop({ selector: new NativeSelector() })
  await loop.runUntilComplete(async () => {
    const server = await (kind === 'streams' ? startServer(serve, place) : createServer(() => new Http(), place))
    console.log(server.port)
    await server.serveForever()
  })
}
