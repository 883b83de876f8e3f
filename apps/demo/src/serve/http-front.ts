/**
 * The HTTP side, on node:http: its parser and keep-alive are Node's best-kept part, and it runs beside the loop. Each
 * request is answered by a task of the loop, so that the page shows it, and the end of the service can cancel it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EventLoop } from '@loop/core'
import { CancelledError } from '@loop/core'
import type { ActionDone, Refusal } from '@loop/demo-page/wire'
import type { Action, ActionParts } from './actions.ts'
import { actions } from './actions.ts'
import { ActionInputError, ListenError, MethodError, RequestError, UnknownAddressError } from './errors.ts'
import { Guard } from './guard.ts'
import type { LiveFeed } from './live-feed.ts'
import type { PageFile } from './page-files.ts'

/** What an action is told is a line of JSON. */
const LONGEST_BODY = 10_000

/** What the front answers with. */
export interface FrontParts {
  readonly loop: EventLoop
  readonly host: string
  readonly page: ReadonlyMap<string, PageFile>
  readonly feed: LiveFeed
  readonly actions: ActionParts
}

/** Serves the page, its events and its actions. */
export class HttpFront implements Disposable {
  private readonly server = createServer((request, response) => {
    this.parts.loop.callSoonThreadsafe(answerRequest, this, request, response)
  })
  private readonly guard: Guard

  constructor(private readonly parts: FrontParts) {
    this.guard = new Guard(parts.host)
  }

  /** Listens; gives the address of the page. Throws ListenError with what to do about it. */
  async listen(port: number): Promise<string> {
    const { loop, host } = this.parts
    const listening = loop.createFuture<void>()
    this.server.once('error', (error) => {
      loop.callSoonThreadsafe(() => {
        listening.setException(error)
      })
    })
    this.server.listen(port, host, () => {
      loop.callSoonThreadsafe(() => {
        listening.setResult()
      })
    })
    try {
      await listening
    } catch (cause) {
      throw new ListenError(`the page cannot be served: ${(cause as Error).message}. Choose another port with --port`, {
        cause,
      })
    }
    const { address, family, port: chosen } = this.server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${chosen}`
  }

  /** Takes no more connections; those with a request under way go on. */
  stopAccepting(): void {
    this.server.close()
  }

  /** Ends every connection. */
  close(): void {
    this.server.closeAllConnections()
  }

  /** As `stopAccepting` and `close`. */
  [Symbol.dispose](): void {
    this.stopAccepting()
    this.close()
  }

  /** @internal A request came: its task begins. */
  accept(request: IncomingMessage, response: ServerResponse): void {
    const name = `${request.method ?? ''} ${pathOf(request)}`.slice(0, 60)
    this.parts.loop.createTask(() => this.answer(request, response), { name })
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.guard.checkRequest(request)
      await this.route(request, response)
    } catch (error) {
      if (error instanceof CancelledError) {
        refuse(response, 503, 'ServiceEndingError', 'the service is ending')
        throw error
      }
      const { name, message } = error as Error
      refuse(response, error instanceof RequestError ? error.status : 500, name, message)
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request)
    const { feed } = this.parts
    if (path === '/api/events') {
      checkMethod(request, ['GET'])
      feed.add(response)
    } else if (path === '/api/snapshot') {
      checkMethod(request, ['GET'])
      sendJson(response, 200, feed.snapshot())
    } else if (path.startsWith('/api/actions/')) {
      checkMethod(request, ['POST'])
      sendJson(response, 200, await this.act(request, path.slice('/api/actions/'.length)))
    } else {
      checkMethod(request, ['GET', 'HEAD'])
      this.sendFile(request, response, path)
    }
  }

  private async act(request: IncomingMessage, name: string): Promise<ActionDone> {
    this.guard.checkAction(request)
    if (!Object.hasOwn(actions, name)) {
      throw new UnknownAddressError(404, `there is no action "${name}"; there are ${Object.keys(actions).join(', ')}`)
    }
    const input = inputOf(await this.parts.loop.wrap(readBody(request)))
    const action: Action = actions[name as keyof typeof actions]
    return { message: await action(this.parts.actions, input) }
  }

  private sendFile(request: IncomingMessage, response: ServerResponse, path: string): void {
    const file = this.parts.page.get(path)
    if (file === undefined) throw new UnknownAddressError(404, `there is nothing at ${path}`)
    response.writeHead(200, { ...file.headers, 'content-length': file.body.length })
    response.end(request.method === 'HEAD' ? undefined : file.body)
  }
}

/** The name under which it stands in reports of slow callbacks. */
function answerRequest(front: HttpFront, request: IncomingMessage, response: ServerResponse): void {
  front.accept(request, response)
}

/** The path that was asked for, without a query. */
const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0]!

function checkMethod({ method = '' }: IncomingMessage, allowed: readonly string[]): void {
  if (!allowed.includes(method))
    throw new MethodError(405, `this address takes ${allowed.join(' and ')}, not ${method}`)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LONGEST_BODY) throw new ActionInputError(413, `what an action takes is at most ${LONGEST_BODY} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function inputOf(text: string): Record<string, unknown> {
  let input: unknown
  try {
    input = JSON.parse(text)
  } catch (cause) {
    throw new ActionInputError(400, `an action takes a JSON object: ${(cause as Error).message}`, { cause })
  }
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>
  throw new ActionInputError(400, 'an action takes a JSON object')
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(JSON.stringify(value))
}

function refuse(response: ServerResponse, status: number, name: string, message: string): void {
  // An answer that has begun cannot be taken back: the connection ends, which its reader sees.
  if (response.headersSent) {
    response.destroy()
    return
  }
  const refusal: Refusal = { error: { name, message } }
  sendJson(response, status, refusal)
}
