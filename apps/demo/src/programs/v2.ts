import { EventLoop, gather, getRunningLoop, run } from '@loop/core'
import { openConnection, startServer } from '@loop/net/streams'
import { nativeLoop } from '@loop/runtime'
import { defineProgram } from '../program.ts'

const CLIENTS = 20
const MESSAGES = 25

/** Clients that send lines to an echo server and compare what comes back; how many came back right. */
async function manyMessages(): Promise<number> {
  const server = await startServer(
    async (reader, writer) => {
      for await (const line of reader.lines()) writer.write(line)
      writer.close()
    },
    { host: '127.0.0.1', port: 0 },
  )

  async function client(number: number): Promise<number> {
    const [reader, writer] = await openConnection({ host: '127.0.0.1', port: server.port })
    let right = 0
    for (let count = 0; count < MESSAGES; count++) {
      const line = `message ${count} of client ${number}\n`
      writer.write(Buffer.from(line))
      if ((await reader.readLine()).toString() === line) right++
    }
    writer.close()
    return right
  }

  const loop = getRunningLoop()
  const right = await gather(Array.from({ length: CLIENTS }, (_, number) => loop.createTask(() => client(number))))
  server.close()
  await server.waitClosed()
  return right.reduce((sum, each) => sum + each, 0)
}

export const program = defineProgram({
  id: 'V2',
  section: 'Speed',
  title: 'The native loop is a drop-in',
  idea: '20 clients with 25 small messages each: the same code, unchanged, on the default loop and on the native one.',
  expected: [
    /^default loop \(host\): 500 of 500 came back, [\d.]+ s$/,
    /^native loop \(\w+\): 500 of 500 came back, [\d.]+ s$/,
  ],

  async runAlone({ print }) {
    for (const [name, make] of [
      ['default', () => new EventLoop()],
      ['native', nativeLoop],
    ] as const) {
      const loop = make()
      const began = performance.now()
      const right = await run(manyMessages, { loopFactory: () => loop })
      const seconds = (performance.now() - began) / 1000
      print(
        `${name} loop (${loop.selector.name}): ${right} of ${CLIENTS * MESSAGES} came back, ${seconds.toFixed(3)} s`,
      )
    }
  },
})
