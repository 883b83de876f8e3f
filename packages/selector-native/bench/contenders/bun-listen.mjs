/** Echo over Bun.listen. What the peer does not take at once is kept and sent on drain. */
const server = globalThis.Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open(socket) {
      socket.data = []
    },
    data(socket, bytes) {
      if (socket.data.length > 0) {
        socket.data.push(bytes)
        return
      }
      const sent = socket.write(bytes)
      if (sent < bytes.length) socket.data.push(bytes.subarray(Math.max(0, sent)))
    },
    drain(socket) {
      while (socket.data.length > 0) {
        const sent = socket.write(socket.data[0])
        if (sent < socket.data[0].length) {
          socket.data[0] = socket.data[0].subarray(Math.max(0, sent))
          return
        }
        socket.data.shift()
      }
    },
    error() {},
  },
})
console.log(server.port)
process.stdin.on('end', () => process.exit(0)).resume()
