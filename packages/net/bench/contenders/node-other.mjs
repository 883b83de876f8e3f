/** Echo by Node's own means beside TCP. Arguments: mode (tls, unix or udp), and where to listen as JSON. */
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

const [mode, place] = process.argv.slice(2)
const { tls, path } = JSON.parse(place)

const echo = (socket) => {
  socket.on('data', (bytes) => socket.write(bytes))
  socket.on('error', () => {})
}

function listen(server, where) {
  server.listen({ ...where, backlog: 4096 }, () => console.log(path ?? server.address().port))
}

if (mode === 'tls') {
  const server = createTlsServer({ key: readFileSync(tls.key), cert: readFileSync(tls.cert), noDelay: true }, echo)
  server.on('tlsClientError', () => {})
  listen(server, { host: '127.0.0.1', port: 0 })
} else if (mode === 'unix') {
  listen(createServer(echo), { path })
} else {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address))
  socket.bind(0, '127.0.0.1', () => console.log(socket.address().port))
}
process.stdin.on('end', () => process.exit(0)).resume()
