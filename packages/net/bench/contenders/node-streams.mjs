/** Echo by an async handler over Node's streams: `for await`, write, and waiting for drain. */
import { once } from 'node:events'
import { createServer } from 'node:net'

const server = createServer({ noDelay: true }, async (socket) => {
  try {
    for await (const bytes of socket) if (!socket.write(bytes)) await once(socket, 'drain')
    socket.end()
  } catch {
    socket.destroy()
  }
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
