// PostgreSQL over TLS: a connection begins in plain text, asks for TLS, and goes on in it. PGHOST, PGPORT, PGUSER,
// PGSSLROOTCERT.
import { run } from '@loop/runtime'
import { openConnection, type StreamReader, type StreamWriter } from '@loop/net/streams'
import { readFileSync } from 'node:fs'
import process from 'node:process'

const { PGHOST = 'localhost', PGPORT = '5432', PGUSER = 'postgres', PGSSLROOTCERT } = process.env
const SSL_REQUEST = 80_877_103
const PROTOCOL = 3 << 16

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const zeroEnded = (text: string) => Buffer.from(`${text}\0`)

/** A message: its type, except for the first ones, its length and what it says. */
const message = (type: string, ...parts: Buffer[]) => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(content.length + 4), content])
}

async function receive(reader: StreamReader): Promise<{ type: string; content: Buffer }> {
  const head = await reader.readExactly(5)
  const content = await reader.readExactly(head.readInt32BE(1) - 4)
  const type = head.toString('latin1', 0, 1)
  if (type === 'E') throw new Error(fieldsOf(content).get('M') ?? 'the server reports an error')
  return { type, content }
}

/** An error's fields: a letter each, and text. */
function fieldsOf(content: Buffer): Map<string, string> {
  return new Map(
    content
      .toString()
      .split('\0')
      .filter((field) => field !== '')
      .map((field) => [field[0]!, field.slice(1)]),
  )
}

async function startSession(reader: StreamReader, writer: StreamWriter): Promise<void> {
  writer.write(message('', int32(SSL_REQUEST)))
  const answer = (await reader.readExactly(1)).toString()
  if (answer !== 'S') throw new Error('the server does not speak TLS')
  // Anything that was put behind the answer in plain text ends up in the handshake and breaks it: it never counts.
  await writer.startTls(
    PGSSLROOTCERT === undefined
      ? { rejectUnauthorized: false }
      : { ca: readFileSync(PGSSLROOTCERT), servername: PGHOST },
  )
  writer.write(
    message(
      '',
      int32(PROTOCOL),
      zeroEnded('user'),
      zeroEnded(PGUSER),
      zeroEnded('database'),
      zeroEnded('postgres'),
      Buffer.alloc(1),
    ),
  )
  for (let { type, content } = await receive(reader); type !== 'Z'; { type, content } = await receive(reader)) {
    if (type === 'R' && content.readInt32BE(0) !== 0) throw new Error('this program knows no password')
  }
}

/** The rows of a query, as text. */
async function query(reader: StreamReader, writer: StreamWriter, sql: string): Promise<(string | null)[][]> {
  writer.write(message('Q', zeroEnded(sql)))
  const rows: (string | null)[][] = []
  for (let { type, content } = await receive(reader); type !== 'Z'; { type, content } = await receive(reader)) {
    if (type !== 'D') continue
    const row: (string | null)[] = []
    for (let left = content.readInt16BE(0), at = 2; left > 0; left--) {
      const length = content.readInt32BE(at)
      at += 4
      row.push(length < 0 ? null : content.toString('utf8', at, at + length))
      at += Math.max(length, 0)
    }
    rows.push(row)
  }
  return rows
}

await run(async () => {
  const [reader, writer] = await openConnection({ host: PGHOST, port: Number(PGPORT) })
  await startSession(reader, writer)
  console.log('speaks TLS:', writer.getExtraInfo('cipher') !== undefined)
  console.log(await query(reader, writer, 'SELECT 6 * 7, NULL'))
  console.log(
    'the server says so, too:',
    await query(reader, writer, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'),
  )
  const rows = await query(reader, writer, "SELECT n, repeat('x', 1000) FROM generate_series(1, 2000) AS n")
  console.log(rows.length, 'rows, the last is', rows.at(-1)?.[0])
  writer.write(message('X'))
  await writer[Symbol.asyncDispose]()
})

/* Prints:
speaks TLS: true
[ [ '42', null ] ]
the server says so, too: [ [ 't' ] ]
2000 rows, the last is 2000
*/
