// Serves the built site on the loopback, for the tests and for a look.

import { createServer } from 'node:http'
import { readFileSync, statSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const types = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
})

/**
 * @param {string} folder
 * @param {number} [port] 0 for a free one
 * @returns {Promise<{ url: string, close(): void }>}
 */
export async function serveFolder(folder, port = 0) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
    try {
      const file = [join(folder, path), join(folder, path, 'index.html')].find((each) => isFile(each))
      if (file === undefined) throw new Error(path)
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
      response.end(readFileSync(file))
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('nothing is here')
    }
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)))
  const { port: chosen } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${chosen}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** @param {string} path */
function isFile(path) {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serveFolder(fileURLToPath(new URL('dist', import.meta.url)), Number(process.argv[2] ?? 4173))
  console.log(url)
}
