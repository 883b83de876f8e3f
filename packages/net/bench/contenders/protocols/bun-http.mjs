/** GET /hello by Bun.serve. */
const headers = { 'content-type': 'text/plain' }
const server = globalThis.Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: ({ method, url }) =>
    method === 'GET' && url.endsWith('/hello') ? new Response('hello', { headers }) : new Response('', { status: 404 }),
})
console.log(server.port)
process.stdin.on('end', () => process.exit(0)).resume()
