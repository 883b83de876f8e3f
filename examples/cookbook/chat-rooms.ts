// A chat server with rooms over TCP: a task for each connection, and a member who does not read is let go.
import { Event, run, taskGroup } from '@loop/runtime'
import { openConnection, startServer, type StreamWriter } from '@loop/runtime/streams'

const rooms = new Map<string, Set<StreamWriter>>()
/** Bytes that may wait for one member. */
const PATIENCE = 64 * 1024

function say(room: string, text: string): void {
  for (const member of rooms.get(room) ?? []) {
    if (member.transport.getWriteBufferSize() > PATIENCE) member.transport.abort()
    else member.write(Buffer.from(`${text}\n`))
  }
}

await run(async () => {
  await using server = await startServer(
    async (reader, writer) => {
      const line = async () => {
        const bytes = await reader.readLine()
        return bytes.length === 0 ? null : bytes.toString().trimEnd()
      }
      const [name = 'somebody', room = 'hall'] = ((await line()) ?? '').split(' ')
      const members = rooms.get(room) ?? new Set()
      rooms.set(room, members.add(writer))
      say(room, `${name} came`)
      try {
        for (let text = await line(); text !== null; text = await line()) say(room, `${name}: ${text}`)
      } finally {
        members.delete(writer)
        say(room, `${name} left`)
        writer.close()
      }
    },
    { host: '127.0.0.1', port: 0 },
  )

  const visit = async (name: string, room: string, words: string[], hears: number, isThere?: Event) => {
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
    writer.write(Buffer.from(`${name} ${room}\n`))
    const heard: string[] = []
    while (heard.length < hears) {
      heard.push((await reader.readLine()).toString().trimEnd())
      isThere?.set()
      if (heard.length === 1) for (const word of words) writer.write(Buffer.from(`${word}\n`))
    }
    await writer[Symbol.asyncDispose]()
    return `${name} heard: ${heard.join(' | ')}`
  }

  const adaIsThere = new Event()
  const [ada, grace, alan] = await taskGroup(async (group) => {
    const first = group.createTask(() => visit('ada', 'hall', [], 4, adaIsThere))
    await adaIsThere.wait()
    const second = group.createTask(() => visit('grace', 'hall', ['hello'], 2))
    const third = group.createTask(() => visit('alan', 'library', ['psst'], 2))
    return [first, second, third]
  })
  for (const visitor of [ada!, grace!, alan!]) console.log(visitor.result())
})

/* Prints:
ada heard: ada came | grace came | grace: hello | grace left
grace heard: grace came | grace: hello
alan heard: alan came | alan: psst
*/
