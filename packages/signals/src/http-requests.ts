/**
 * The HTTP requests of this process that wait for their answer, whatever framework serves them: Node publishes each on a
 * diagnostics channel. So a server on which only close() was called is drained all the same.
 *
 * A server that was closed keeps connections with a request on them, and takes more requests from those. Here their
 * answers say that the connection ends, and it is let go when they are out.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers'
import type { UnfinishedWork } from './shutdown-report.ts'

const STARTED = 'http.server.request.start'

interface Request {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: Server
}

/** See the top of this file. */
export class HttpRequests implements Disposable {
  private readonly unanswered = new Map<ServerResponse, Request>()
  private ending = false
  private readonly started = (message: unknown): void => {
    const entry = message as Request
    this.unanswered.set(entry.response, entry)
    entry.response.once('close', () => {
      this.answered(entry)
    })
    if (this.ending) closeAfter(entry)
  }

  /** `onNone` is called whenever none is left. */
  constructor(private readonly onNone: () => void) {
    subscribe(STARTED, this.started)
  }

  /** How many wait for their answer. */
  get count(): number {
    return this.unanswered.size
  }

  /** From now on connections of closed servers end with the answers that are on their way. */
  end(): void {
    this.ending = true
    for (const entry of this.unanswered.values()) closeAfter(entry)
  }

  /** Those that wait. */
  list(): UnfinishedWork[] {
    return [...this.unanswered.values()].map(({ request }) => ({
      name: `request ${request.method ?? ''} ${request.url ?? ''}`,
      waitsFor: 'its answer',
    }))
  }

  /**
   * Ends the connections of requests that still wait on servers that were closed: those would keep the process alive.
   */
  cut(): void {
    for (const { server, response } of [...this.unanswered.values()]) if (!server.listening) response.destroy()
  }

  /** Takes no more note of requests. */
  [Symbol.dispose](): void {
    unsubscribe(STARTED, this.started)
    this.unanswered.clear()
  }

  private answered({ response, server }: Request): void {
    this.unanswered.delete(response)
    // The connection is idle only after Node's own work for the end of the answer.
    if (this.ending && !server.listening)
      setImmediate(() => {
        server.closeIdleConnections()
      })
    if (this.unanswered.size === 0) this.onNone()
  }
}

/** Has the connection end with the answer, when the server was closed. */
function closeAfter({ response, server }: Request): void {
  if (!server.listening && !response.headersSent) response.setHeader('connection', 'close')
}
