import type { AgentOptions } from 'node:http'
import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import { SimulatedSocket } from './socket.ts'

/** Where to connect. */
interface Place {
  readonly host?: string | undefined
  readonly hostname?: string | undefined
  readonly port?: number | string | undefined
}

/**
 * A simulated connection, for whoever takes a function with this name: `http.request({ createConnection })`, ws, and
 * drivers that take a stream.
 */
export function createConnection(place: Place, connected?: () => void): SimulatedSocket {
  return new SimulatedSocket().connect({ host: place.host ?? place.hostname, port: place.port }, connected)
}

/** An agent of node:http whose connections are simulated; timeouts of theirs pass in virtual time. */
export function httpAgent(options: AgentOptions = {}): Agent {
  const agent = new Agent(options)
  const own = agent as unknown as { createConnection: (place: Place) => Duplex }
  own.createConnection = (place) => createConnection(place)
  return agent
}

/** What the `connect` option of undici's dispatchers takes: `new Agent({ connect: connector })`. */
export function connector(place: Place, callback: (error: Error | null, socket: Duplex | null) => void): void {
  const socket = createConnection({ host: place.hostname, port: place.port || 80 })
  const failed = (error: Error): void => {
    callback(error, null)
  }
  socket.once('error', failed)
  socket.once('connect', () => {
    socket.off('error', failed)
    callback(null, socket)
  })
}
