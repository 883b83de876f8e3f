import type { EventLoop } from '@loop/core'
import { EventLoop as Loop } from '@loop/core'
import type { Protocol, Transport } from '@loop/net'
import { createConnection, createServer } from '@loop/net'
import { isSupported, NativeSelector } from '@loop/selector-native'
import { defineProgram } from '../program.ts'

type Print = (line: unknown) => void

/** The server's side: what comes is sent back. */
class EchoServer implements Protocol {
  private transport!: Transport

  constructor(private readonly print: Print) {}

  connectionMade(transport: Transport): void {
    this.transport = transport
    this.print('server: connectionMade')
  }

  dataReceived(bytes: Buffer): void {
    this.print(`server: dataReceived ${bytes.toString()}`)
    this.transport.write(bytes)
  }

  connectionLost(error: Error | undefined): void {
    this.print(`server: connectionLost, ${error?.message ?? 'no error'}`)
  }
}

/** The client's side: says hello, and closes when it is answered. */
class Client implements Protocol {
  private transport!: Transport
  readonly ended

  constructor(
    loop: EventLoop,
    private readonly print: Print,
  ) {
    this.ended = loop.createFuture<void>()
  }

  connectionMade(transport: Transport): void {
    this.transport = transport
    transport.write(Buffer.from('hello'))
  }

  dataReceived(bytes: Buffer): void {
    this.print(`client: dataReceived ${bytes.toString()}`)
    this.transport.close()
  }

  connectionLost(): void {
    this.ended.setResult()
  }
}

export const program = defineProgram({
  id: 'P4',
  section: 'Patterns',
  title: 'A low-level protocol: the echo server',
  idea: 'createServer(() => new EchoServer()), serveForever() in a task; a client connects, says hello and closes.',
  expected: [
    'server: connectionMade',
    'server: dataReceived hello',
    'client: dataReceived hello',
    'server: connectionLost, no error',
    'serving: ended',
  ],
  realTime: true,
  loopFactory: () => (isSupported().supported ? new Loop({ selector: new NativeSelector() }) : new Loop()),

  async run({ loop, print }) {
    const server = await createServer(() => new EchoServer(print), { host: '127.0.0.1', port: 0 })
    const serving = loop.createTask(async () => {
      try {
        await server.serveForever()
      } finally {
        print('serving: ended')
      }
    })
    const [, client] = await createConnection(() => new Client(loop, print), { host: '127.0.0.1', port: server.port })
    await client.ended
    server.close()
    await server.waitClosed()
    await serving.catch(() => {})
  },
})
