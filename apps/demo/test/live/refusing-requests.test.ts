import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakePage, RunningService } from './running-service.ts'

let page: ReturnType<typeof fakePage>
let service: RunningService

beforeAll(async () => {
  page = fakePage()
  service = await RunningService.start(page.folder)
}, 120_000)
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  page[Symbol.dispose]()
})

/** Sends a request with headers that fetch would not let through. */
function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Promise<{ status: number; name: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(service.address + path, { method, headers }, (response) => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => {
          resolve({ status: response.statusCode!, name: (JSON.parse(text) as { error: { name: string } }).error.name })
        })
    })
    sent.on('error', reject).end(body)
  })
}

const json = { 'content-type': 'application/json' }
const own = { ...json, 'x-loop-demo': '1' }

test.each<[string, string, string, Record<string, string>, string, number, string]>([
  ['a name that another site had point here', 'GET', '/', { host: 'evil.example:8080' }, '', 403, 'ForeignHostError'],
  ['a page of another origin', 'GET', '/api/snapshot', { origin: 'http://evil.example' }, '', 403, 'CrossSiteError'],
  [
    'what the browser says is from another site',
    'GET',
    '/api/events',
    { 'sec-fetch-site': 'cross-site' },
    '',
    403,
    'CrossSiteError',
  ],
  [
    'another port of this machine',
    'POST',
    '/api/actions/block',
    { ...own, origin: 'http://127.0.0.1:1' },
    '{}',
    403,
    'CrossSiteError',
  ],
  ['an action without the header', 'POST', '/api/actions/block', json, '{}', 403, 'CrossSiteError'],
  [
    'an action that a form could send',
    'POST',
    '/api/actions/block',
    { 'x-loop-demo': '1', 'content-type': 'text/plain' },
    '{}',
    415,
    'ActionInputError',
  ],
  ['an action by GET', 'GET', '/api/actions/block', own, '', 405, 'MethodError'],
  ['the page by POST', 'POST', '/', own, '{}', 405, 'MethodError'],
  ['an action that does not exist', 'POST', '/api/actions/explode', own, '{}', 404, 'UnknownAddressError'],
  ['a name of every object', 'POST', '/api/actions/constructor', own, '{}', 404, 'UnknownAddressError'],
  ['a path out of the page', 'GET', '/../../package.json', {}, '', 404, 'UnknownAddressError'],
  ['no JSON', 'POST', '/api/actions/block', own, 'now!', 400, 'ActionInputError'],
  ['JSON that is no object', 'POST', '/api/actions/block', own, '[]', 400, 'ActionInputError'],
  ['too much JSON', 'POST', '/api/actions/block', own, JSON.stringify('x'.repeat(20_000)), 413, 'ActionInputError'],
  ['a block too long', 'POST', '/api/actions/block', own, '{"ms":60000}', 400, 'ActionInputError'],
  ['a burst of half a task', 'POST', '/api/actions/burst', own, '{"tasks":0.5}', 400, 'ActionInputError'],
  ['a limit that is a text', 'POST', '/api/actions/heavy', own, '{"limit":"many"}', 400, 'ActionInputError'],
  ['a job without a name', 'POST', '/api/actions/cancel', own, '{}', 400, 'ActionInputError'],
])('%s is refused by name', async (_what, method, path, headers, body, status, name) => {
  expect(await send(method, path, headers, body)).toEqual({ status, name })
})

test('the page comes with a policy that lets nothing else in, and its files are found', async () => {
  const response = await fetch(service.address)
  expect([response.status, await response.text()]).toEqual([200, '<p>page</p>'])
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  const head = await fetch(`${service.address}/assets/a.js`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-type'), head.headers.get('content-length')]).toEqual([
    200,
    'text/javascript; charset=utf-8',
    '2',
  ])
})

test('more pages than are allowed get an answer that says so, and room is made by closing one', async () => {
  const watching = Array.from({ length: 32 }, () => new AbortController())
  await Promise.all(watching.map(({ signal }) => fetch(`${service.address}/api/events`, { signal })))
  const one = await service.request('/api/events')
  expect(one).toEqual({
    status: 503,
    body: { error: { name: 'TooManyWatchersError', message: '32 pages watch already; close one' } },
  })
  for (const watcher of watching) watcher.abort()
  await service.until(({ server }) => server.watchers === 0)
})
