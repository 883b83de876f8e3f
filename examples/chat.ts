// A chat over TCP: what one says, all others hear. Each connection is a task that reads lines.
import { run } from '@loop/runtime'
import { openConnection, startServer, type StreamReader, type StreamWriter } from '@loop/net/streams'

const room = new Map<string, StreamWriter>()

async function tellOthers(speaker: string, text: string): Promise<void> {
  for (const [name, writer] of room) {
    if (name === speaker) continue
    writer.write(Buffer.from(`${text}\n`))
    await writer.drain() // a guest who does not read slows the speaker down, and nobody's memory grows
  }
}

async function guest(reader: StreamReader, writer: StreamWriter): Promise<void> {
  const name = (await reader.readLine()).toString().trim()
  writer.write(Buffer.from(`welcome, ${name}\n`))
  room.set(name, writer)
  try {
    for await (const line of reader.lines()) await tellOthers(name, `${name}: ${line.toString().trim()}`)
  } finally {
    room.delete(name)
    await tellOthers(name, `${name} left`)
    writer.close()
  }
}

await run(async () => {
  const server = await startServer(guest, { host: '127.0.0.1', port: 0 })
  const enter = async (name: string) => {
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
    const hear = async () => {
      console.log(`${name} hears "${(await reader.readLine()).toString().trim()}"`)
    }
    writer.write(Buffer.from(`${name}\n`))
    await hear()
    return {
      hear,
      say: (text: string) => {
        writer.write(Buffer.from(`${text}\n`))
      },
      leave: () => writer[Symbol.asyncDispose](),
    }
  }

  const anna = await enter('anna')
  const ben = await enter('ben')
  anna.say('hello')
  await ben.hear()
  ben.say('hello, anna')
  await anna.hear()
  await ben.leave()
  await anna.hear()
  await anna.leave()
  server.close()
  await server.waitClosed()
})

/* Prints:
anna hears "welcome, anna"
ben hears "welcome, ben"
ben hears "anna: hello"
anna hears "ben: hello, anna"
anna hears "ben left"
*/
