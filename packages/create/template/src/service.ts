import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AsyncScheduler,
  getRunningLoop,
  isCancellation,
  moduleTasks,
  ThreadPoolExecutor,
  timeout,
  TimeoutError,
} from '@loop/runtime'
import { addJobs, isReminder, type Reminder } from './jobs.ts'

/** What runs once the service has started. */
export interface Service {
  readonly server: Server
  readonly scheduler: AsyncScheduler
  readonly pool: ThreadPoolExecutor
  readonly url: string
}

/** Milliseconds that a request may take. */
const DEADLINE = 5_000

/** Bytes that a request may send. */
const LONGEST_BODY = 10_000

const work = moduleTasks(() => import('./work.ts'), import.meta.url)

/** Starts the pool, the jobs and the server; port 0 takes a free one. */
export async function startService({ host = '127.0.0.1', port = 8080 } = {}): Promise<Service> {
  const loop = getRunningLoop()
  const pool = new ThreadPoolExecutor({ maxWorkers: 2, queueLimit: 100 })
  const scheduler = new AsyncScheduler()
  addJobs(scheduler)

  const server = createServer((request, response) => {
    const name = `${request.method} ${request.url}`
    const task = loop.createTask(() => answer(request, response, { pool, scheduler }), { name })
    response.on('close', () => task.cancel()) // whoever hangs up wants no answer
  })
  await loop.wrap(
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve)
    }),
  )
  return { server, scheduler, pool, url: `http://${host}:${(server.address() as AddressInfo).port}` }
}

type Parts = Pick<Service, 'pool' | 'scheduler'>

/** Answers one request, whatever comes of it. */
async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  try {
    const [status, body] = await timeout(DEADLINE, () => route(request, parts))
    send(response, status, body)
  } catch (error) {
    if (error instanceof TimeoutError) send(response, 504, { error: 'it took too long' })
    else if (isCancellation(error)) {
      send(response, 503, { error: 'the service is ending' })
      throw error
    } else {
      console.error(error)
      send(response, 500, { error: 'something went wrong' })
    }
  }
}

type Answer = readonly [status: number, body: unknown]

async function route(request: IncomingMessage, { pool, scheduler }: Parts): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return [200, { hello: 'world' }]
    case 'GET /health': {
      const health = scheduler.health()
      return [200, { jobs: scheduler.status().length, health }]
    }
    case 'GET /primes': {
      const below = Number(searchParams.get('below') ?? 100_000)
      if (!(below >= 0 && below <= 20_000_000)) return [400, { error: '"below" is a number up to 20,000,000' }]
      // In a thread: every other request is answered meanwhile.
      return [200, { primes: await pool.submit(work.countPrimes, [below]) }]
    }
    case 'POST /reminders': {
      const reminder = await readJson(request)
      if (!isReminder(reminder)) return [400, { error: 'a reminder is { "text": "…", "after": milliseconds }' }]
      const name = `reminder ${++reminders}`
      const data: Reminder = reminder
      scheduler.once(name, 'reminder', { data, delay: reminder.after })
      return [202, { name }]
    }
    default:
      return [404, { error: `nothing is at ${pathname}` }]
  }
}

let reminders = 0

/** The JSON in a request; undefined when there is none, or too much. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LONGEST_BODY) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return undefined
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
