/** Three hosts: a server, and two that ask it 25 times a second each. A question and an answer are two messages. */
import { getRunningLoop, sleep } from '@loop/core'
import { createConnection, createServer } from '@loop/net'
import { openConnection, startServer } from '@loop/net/streams'
import { simulate } from '@loop/simulation'

const LINE = Buffer.from('hello world\n')
const NEWLINE = Buffer.from('\n')
const FOREVER = 1e12

const programs = {
  streams: {
    async server() {
      const server = await startServer(
        async (reader, writer) => {
          for (;;) writer.write(await reader.readUntil(NEWLINE))
        },
        { port: 1 },
      )
      await server.serveForever()
    },
    async client() {
      const [reader, writer] = await openConnection({ host: 'server', port: 1 })
      for (;;) {
        writer.write(LINE)
        await reader.readUntil(NEWLINE)
        // With 6 ms on the way, on average, 40 from one question to the next.
        await sleep(34)
      }
    },
  },
  protocols: {
    async server() {
      const server = await createServer(
        () => {
          /** @type {import('@loop/net').Transport} */
          let transport
          return {
            connectionMade: (made) => (transport = made),
            dataReceived: (bytes) => transport.write(bytes),
          }
        },
        { port: 1 },
      )
      await server.serveForever()
    },
    async client() {
      const loop = getRunningLoop()
      const [transport] = await createConnection(() => ({ dataReceived() {} }), { host: 'server', port: 1 })
      const ask = () => {
        transport.write(LINE)
        loop.callLater(40, ask)
      }
      ask()
      await sleep(FOREVER)
    },
  },
}

/**
 * Real milliseconds of so many minutes.
 * @param {'streams' | 'protocols'} kind
 * @param {number} minutes
 */
export async function measure(kind, minutes) {
  const { server, client } = programs[kind]
  const began = performance.now()
  const { messages } = await simulate(
    async (world) => {
      world.host('server', server)
      for (const name of ['one', 'other']) world.host(name, client)
      await sleep(minutes * 60_000)
    },
    { network: { latency: [1, 5] } },
  )
  const ms = performance.now() - began
  if (messages < minutes * 60 * 99) throw new Error(`only ${messages} messages in ${minutes} minutes`)
  return ms
}
