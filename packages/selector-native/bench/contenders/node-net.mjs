/**
 * Echo over node:net. Modes: echo; split (every 64 bytes a write of its own); corked (the same inside cork and uncork).
 */
import { createServer } from 'node:net'

const mode = process.argv[2] ?? 'echo'
const PIECE = 64

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (bytes) => {
    if (mode === 'echo') {
      socket.write(bytes)
      return
    }
    if (mode === 'corked') socket.cork()
    for (let at = 0; at < bytes.length; at += PIECE) socket.write(bytes.subarray(at, at + PIECE))
    if (mode === 'corked') socket.uncork()
  })
  socket.on('error', () => {})
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
