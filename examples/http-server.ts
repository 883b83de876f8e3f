// HTTP/1.1 with keep-alive on streams: bodies by length or in chunks, time limits, Node's own client as a visitor.
import { getRunningLoop, run, timeout, TimeoutError } from '@loop/runtime'
import { startServer, type StreamReader, type StreamWriter } from '@loop/net/streams'
import { Agent, request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'

interface Request {
  readonly method: string
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

const HEAD_LINES = 100
const BODY_BYTES = 1_000_000
const IDLE_MS = 5_000

class BadRequest extends Error {}

/** A line without its end; `null` at the end of the stream. */
async function line(reader: StreamReader): Promise<string | null> {
  const bytes = await reader.readLine()
  return bytes.length === 0 ? null : bytes.toString('latin1').replace(/\r?\n$/, '')
}

function sizeOf(text: string, pattern: RegExp, base: number): number {
  const size = pattern.test(text) ? parseInt(text, base) : NaN
  if (!(size <= BODY_BYTES)) throw new BadRequest('no size, or too much')
  return size
}

async function body(reader: StreamReader, headers: ReadonlyMap<string, string>): Promise<Buffer> {
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  // Both at once is how one request is smuggled inside another.
  if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== 'chunked'))
    throw new BadRequest('which length is it?')
  if (coding === undefined)
    return length === undefined ? Buffer.alloc(0) : reader.readExactly(sizeOf(length, /^\d+$/, 10))
  const chunks: Buffer[] = []
  for (let total = 0; ;) {
    const size = sizeOf(((await line(reader)) ?? '').split(';')[0]!.trim(), /^[\da-f]+$/i, 16)
    total += size
    if (total > BODY_BYTES) throw new BadRequest('too large')
    if (size === 0) break
    chunks.push((await reader.readExactly(size + 2)).subarray(0, -2))
  }
  while ((await line(reader)) !== '') if (reader.atEof()) throw new BadRequest('no end of the trailer')
  return Buffer.concat(chunks)
}

/** The next request of a connection; `null` when there is none. */
async function readRequest(reader: StreamReader): Promise<Request | null> {
  const first = await line(reader)
  if (first === null) return null
  const [, method, path] = /^([A-Z]+) (\/\S*) HTTP\/1\.1$/.exec(first) ?? []
  if (method === undefined || path === undefined) throw new BadRequest('no request line of HTTP/1.1')
  const headers = new Map<string, string>()
  for (let left = HEAD_LINES; ; left--) {
    const header = await line(reader)
    if (header === '') break
    const [, name, value] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(header ?? '') ?? []
    if (name === undefined || value === undefined || left === 0) throw new BadRequest('no header, or too many')
    if (headers.has(name.toLowerCase())) throw new BadRequest('the same header twice')
    headers.set(name.toLowerCase(), value)
  }
  return { method, path, headers, body: await body(reader, headers) }
}

function respond(writer: StreamWriter, status: string, content: string, keep: boolean): void {
  writer.write(
    Buffer.from(
      `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(content)}\r\nconnection: ${keep ? 'keep-alive' : 'close'}\r\n\r\n${content}`,
    ),
  )
}

async function serve(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    while (true) {
      const request = await timeout(IDLE_MS, () => readRequest(reader)) // whoever says nothing for long is let go
      if (request === null) break
      const keep = request.headers.get('connection')?.toLowerCase() !== 'close'
      const { method, path } = request
      if (method === 'GET' && path === '/hello') respond(writer, '200 OK', 'hello', keep)
      else if (method === 'POST' && path === '/shout')
        respond(writer, '200 OK', request.body.toString().toUpperCase(), keep)
      else respond(writer, '404 Not Found', `nothing is at ${path}`, keep)
      await writer.drain()
      if (!keep) break
    }
  } catch (error) {
    if (error instanceof BadRequest) respond(writer, '400 Bad Request', error.message, false)
    else if (!(error instanceof TimeoutError)) throw error
  } finally {
    writer.close()
  }
}

await run(async () => {
  const loop = getRunningLoop()
  await using server = await startServer(serve, { host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (method: string, path: string, parts: readonly string[] = []) =>
    loop.wrap(
      new Promise<string>((resolve, reject) => {
        const asking = httpRequest({ port: server.port, host: '127.0.0.1', agent, method, path }, (response) => {
          text(response).then((content) => {
            resolve(`${response.statusCode} ${content}`)
          }, reject)
        })
        asking.on('error', reject)
        for (const part of parts) asking.write(part) // of unknown length: sent in chunks
        asking.end()
      }),
    )
  console.log(await ask('GET', '/hello'))
  console.log(await ask('POST', '/shout', ['in ', 'three ', 'chunks']))
  console.log(await ask('GET', '/nowhere'))
  console.log('all over', server.connections, 'connection')
  agent.destroy()
})

/* Prints:
200 hello
200 IN THREE CHUNKS
404 nothing is at /nowhere
all over 1 connection
*/
