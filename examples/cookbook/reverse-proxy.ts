// A reverse proxy over TCP: two back ends in turn, both directions at once with back-pressure, a dead back end is skipped.
import { run, taskGroup, timeout } from '@loop/runtime'
import { openConnection, startServer, type StreamReader, type StreamWriter } from '@loop/runtime/streams'

/** Copies until the end of the stream; a slow receiver slows the sender down. */
async function pump(from: StreamReader, to: StreamWriter): Promise<void> {
  for await (const bytes of from) {
    to.write(bytes)
    await to.drain()
  }
  to.writeEof()
}

/** The first back end that answers within half a second, beginning with another one each time. */
async function choose(ports: readonly number[], turn: number) {
  const errors: unknown[] = []
  for (let i = 0; i < ports.length; i++) {
    const port = ports[(turn + i) % ports.length]!
    try {
      return await timeout(500, () => openConnection({ host: '127.0.0.1', port }))
    } catch (error) {
      errors.push(error)
    }
  }
  throw new AggregateError(errors, 'no back end answers')
}

const backEnd = (name: string) =>
  startServer(
    async (reader, writer) => {
      for await (const line of reader.lines()) writer.write(Buffer.from(`${name}: ${line}`))
      writer.close()
    },
    { host: '127.0.0.1', port: 0 },
  )

await run(async () => {
  await using one = await backEnd('one')
  await using two = await backEnd('two')
  const dead = await backEnd('dead')
  const ports = [one.port, dead.port, two.port]
  dead.close()

  let turn = 0
  await using proxy = await startServer(
    async (reader, writer) => {
      const [fromBack, toBack] = await choose(ports, turn++)
      await taskGroup(async (group) => {
        group.createTask(() => pump(reader, toBack))
        group.createTask(() => pump(fromBack, writer))
      })
      toBack.close()
      writer.close()
    },
    { host: '127.0.0.1', port: 0 },
  )

  for (const text of ['a', 'b', 'c']) {
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: proxy.port })
    writer.write(Buffer.from(`${text}\n`))
    writer.writeEof()
    console.log((await reader.read()).toString().trim())
    await writer[Symbol.asyncDispose]()
  }
})

/* Prints:
one: a
two: b
two: c
*/
