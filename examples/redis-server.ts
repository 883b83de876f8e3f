// A small redis: its wire protocol (RESP) on streams, with pipelined commands answered in one piece.
import { run } from '@loop/runtime'
import { startServer, type StreamReader, type StreamWriter } from '@loop/net/streams'
import { RedisClient } from './parts/redis-client.ts'

const ok = '+OK\r\n'
const bulk = (text: string | undefined) =>
  text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`
const values = new Map<string, string>()

const commands: Record<string, (...args: string[]) => string> = {
  PING: () => '+PONG\r\n',
  SET: (key = '', value = '') => {
    values.set(key, value)
    return ok
  },
  GET: (key = '') => bulk(values.get(key)),
  DEL: (...keys) => `:${keys.filter((key) => values.delete(key)).length}\r\n`,
  INCR: (key = '') => {
    const next = Number(values.get(key) ?? 0) + 1
    if (!Number.isSafeInteger(next)) return '-ERR value is not an integer or out of range\r\n'
    values.set(key, String(next))
    return `:${next}\r\n`
  },
  KEYS: () => `*${values.size}\r\n${[...values.keys()].map(bulk).join('')}`,
}

/** One line without its end. */
const line = async (reader: StreamReader) => (await reader.readLine()).toString().trimEnd()

/** A length as it stands after its mark, which must be a small one. */
function lengthIn(text: string, mark: string, most: number): number {
  const length = text.startsWith(mark) ? Number(text.slice(1)) : NaN
  if (Number.isInteger(length) && length >= 0 && length <= most) return length
  throw new Error(`Protocol error: expected '${mark}' and a length up to ${most}, got '${text.slice(0, 40)}'`)
}

/** A command is an array of strings, each with its length before it; none at the end of the stream. */
async function command(reader: StreamReader): Promise<string[]> {
  const count = await line(reader)
  if (count === '' && reader.atEof()) return []
  const words = []
  for (let left = lengthIn(count, '*', 1_000); left > 0; left--) {
    const length = lengthIn(await line(reader), '$', 1_000_000)
    words.push((await reader.readExactly(length + 2)).subarray(0, length).toString())
  }
  return words
}

async function serve(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    for (let words = await command(reader); words.length > 0; words = await command(reader)) {
      const [name = '', ...args] = words
      const answer = Object.hasOwn(commands, name.toUpperCase()) ? commands[name.toUpperCase()] : undefined
      writer.write(Buffer.from(answer === undefined ? `-ERR unknown command '${name}'\r\n` : answer(...args)))
      await writer.drain() // a client that sends and never reads waits, instead of filling the memory
    }
  } catch (error) {
    writer.write(Buffer.from(`-ERR ${(error as Error).message}\r\n`)) // whoever breaks the protocol is told, and closed
  } finally {
    writer.close()
  }
}

await run(async () => {
  await using server = await startServer(serve, { host: '127.0.0.1', port: 0 })
  const client = await RedisClient.connect({ host: '127.0.0.1', port: server.port })
  console.log('PING', await client.call('PING'))
  console.log('SET', await client.call('SET', 'city', 'Zürich'))
  console.log('GET', await client.call('GET', 'city'))
  console.log('GET', await client.call('GET', 'none'))
  const counts = await Promise.all(Array.from({ length: 1_000 }, () => client.call('INCR', 'visits')))
  console.log('a pipeline of', counts.length, 'ends with', counts.at(-1))
  console.log('KEYS', await client.call('KEYS', '*'))
  await client.call('NONSENSE').catch((error: Error) => {
    console.log('NONSENSE', error.message)
  })
  await client.close()
})

/* Prints:
PING PONG
SET OK
GET Zürich
GET null
a pipeline of 1000 ends with 1000
KEYS [ 'city', 'visits' ]
NONSENSE ERR unknown command 'NONSENSE'
*/
