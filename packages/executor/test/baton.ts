/**
 * Holds a worker, on whatever kind of executor: the task connects to this server and waits until it is let go.
 *
 * That it has started is known when it has connected, so tests never sleep.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

export class Baton implements AsyncDisposable {
  private readonly sockets: Socket[] = []
  private readonly waiters: (() => void)[] = []
  private connections = 0

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections++
      this.sockets.push(socket.on('error', () => {}))
      for (const waiter of this.waiters) waiter()
    })
  }

  static async create(): Promise<Baton> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Baton(server)
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Resolves once `count` tasks hold on, in all. */
  async held(count = 1): Promise<void> {
    while (this.connections < count) await new Promise<void>((resolve) => this.waiters.push(resolve))
  }

  /** Lets everyone go who holds on now. */
  release(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release()
    this.server.close()
    await once(this.server, 'close')
  }
}

/** The task that holds on. */
export const hold = async (port: number): Promise<string> => {
  const net = process.getBuiltinModule('node:net')
  await new Promise((resolve) => {
    net.connect(port, '127.0.0.1').on('error', resolve).on('close', resolve)
  })
  return 'let go'
}

/** Holds on; answers how it ended, and hears its signal. */
export const holdOrStop = async (port: number, signal: AbortSignal): Promise<string> => {
  const net = process.getBuiltinModule('node:net')
  const socket = net.connect(port, '127.0.0.1').on('error', () => {})
  return await new Promise<string>((resolve) => {
    signal.addEventListener('abort', () => {
      socket.write('stopped')
      socket.end()
      resolve('stopped')
    })
    socket.on('close', () => {
      resolve('let go')
    })
  })
}
