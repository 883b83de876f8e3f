// A server that sends back what it receives, with asyncio's protocols, and a client that tries it.
import { getRunningLoop, run } from '@loop/runtime'
import { createConnection, createServer, type Transport } from '@loop/net'

class Echo {
  transport!: Transport

  connectionMade(transport: Transport): void {
    this.transport = transport
  }

  dataReceived(bytes: Buffer): void {
    console.log('server got', bytes.toString())
    this.transport.write(bytes)
  }
}

class Client {
  readonly lost = getRunningLoop().createFuture<void>()

  connectionMade(transport: Transport): void {
    transport.write(Buffer.from('hello'))
    transport.writeEof()
  }

  dataReceived(bytes: Buffer): void {
    console.log('client got', bytes.toString())
  }

  connectionLost(): void {
    this.lost.setResult()
  }
}

await run(async () => {
  await using server = await createServer(() => new Echo(), { host: '127.0.0.1', port: 0 }) // 0: any free port
  const [, client] = await createConnection(() => new Client(), { host: '127.0.0.1', port: server.port })
  await client.lost
  console.log('connection closed')
})

/* Prints:
server got hello
client got hello
connection closed
*/
