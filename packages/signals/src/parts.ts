/**
 * How the usual parts of a program end, each known by the methods that its documentation promises:
 *
 *                        stop accepting            drain                      close
 *     node server        close()                   until its 'close' event    ends what connections are left
 *     fastify            close()                   until that is done         ends what connections are left
 *     @loop/net server   close()                   waitClosed()               closeClients(), then abortClients()
 *     scheduler          close({ timeout })        until that is done
 *     pool                                                                    shutdown({ timeout })
 *     anything else                                                           its own method to end it
 */
import { timeout, TimeoutError } from '@loop/core'
import { describe } from '@loop/core/lowlevel'

/** The steps by which a part ends; each may take until its phase ends. */
export interface PartSteps {
  readonly kind: string
  stopAccepting?(limits: PartLimits): unknown
  drain?(): unknown
  close?(limits: PartLimits): unknown
}

/** How much time there is, in milliseconds from now. */
export interface PartLimits {
  readonly untilDrained: number
  readonly untilClosed: number
}

type Method = (...args: unknown[]) => unknown
type Methods<K extends string> = Record<K, Method>

/** What ends most things, the surest first. */
const ENDINGS = [Symbol.asyncDispose, 'close', 'end', 'quit', 'shutdown', 'stop', 'destroy', Symbol.dispose] as const

/** How `part` ends. Throws TypeError when that cannot be seen from its methods. */
export function stepsOf(part: object): PartSteps {
  if (has(part, 'close', 'listen', 'getConnections', 'once')) return nodeServer(part)
  if (has(part, 'close', 'closeClients', 'abortClients', 'waitClosed')) return loopServer(part)
  if (has(part, 'close', 'inject', 'addHook')) return fastify(part)
  if (has(part, 'close', 'recurring', 'once')) return scheduler(part)
  if (has(part, 'submit', 'shutdown'))
    return { kind: 'pool', close: ({ untilClosed }) => part.shutdown({ timeout: untilClosed }) }
  if (has(part, 'listen')) {
    throw new TypeError('an application has nothing to close: add the server, which is what its listen() returned')
  }
  for (const ending of ENDINGS) {
    const end = (part as Partial<Record<typeof ending, unknown>>)[ending]
    if (typeof end === 'function')
      return { kind: part.constructor?.name || 'part', close: () => (end as Method).call(part) }
  }
  throw new TypeError(
    `${describe(part)} has no method to end it (close, end, quit, shutdown, stop, destroy or a disposer); add a step: close(() => …)`,
  )
}

interface NodeServer extends Methods<'close'> {
  readonly listening?: boolean
  on(event: string, listener: (connection: Connection) => void): void
  once(event: string, listener: () => void): void
  closeAllConnections?(): void
}

/** A socket, or a session of HTTP/2. */
interface Connection {
  close?(): void
  destroy(): void
  once(event: 'close', listener: () => void): void
}

/** One of node:net, node:http, node:https or node:http2. */
function nodeServer(part: object): PartSteps {
  const server = part as NodeServer
  const connections = new Set<Connection>()
  const note = (connection: Connection): void => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  }
  // HTTP servers end their connections themselves; the others only know how many they have.
  if (server.closeAllConnections === undefined) for (const event of ['connection', 'session']) server.on(event, note)
  let closed: Promise<void> | null = null
  return {
    kind: 'server',
    stopAccepting() {
      if (server.listening !== true) {
        // It listens soon, or not at all.
        server.once('listening', () => server.close())
        return
      }
      closed = new Promise((resolve) =>
        server.close(() => {
          resolve()
        }),
      )
      // A session of HTTP/2 ends when its requests are answered; sockets have no such method.
      for (const connection of connections) connection.close?.()
    },
    drain: () => closed,
    close() {
      server.closeAllConnections?.()
      for (const connection of connections) connection.destroy()
      return closed
    },
  }
}

function loopServer(server: Methods<'close' | 'closeClients' | 'abortClients' | 'waitClosed'>): PartSteps {
  return {
    kind: 'server',
    stopAccepting: () => server.close(),
    drain: () => server.waitClosed(),
    async close({ untilClosed }) {
      server.closeClients()
      try {
        // Half of the time for what they have to send.
        await timeout(untilClosed / 2, async () => server.waitClosed())
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error
        server.abortClients()
        await server.waitClosed()
      }
    },
  }
}

function fastify(part: Methods<'close'>): PartSteps {
  const { server } = part as { readonly server?: Partial<Methods<'closeAllConnections'>> }
  let closed: unknown
  return {
    kind: 'fastify',
    stopAccepting() {
      // Done only when every request is answered, which is for the next phase to wait for.
      closed = part.close()
    },
    drain: () => closed,
    close() {
      server?.closeAllConnections?.()
      return closed
    },
  }
}

function scheduler(part: Methods<'close'>): PartSteps {
  let closed: unknown
  return {
    kind: 'scheduler',
    stopAccepting({ untilDrained }) {
      closed = part.close({ timeout: untilDrained })
    },
    drain: () => closed,
    close: () => closed,
  }
}

function has<K extends string>(part: object, ...names: K[]): part is Methods<K> {
  return names.every((name) => typeof (part as Partial<Record<K, unknown>>)[name] === 'function')
}
