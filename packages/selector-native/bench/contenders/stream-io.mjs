/**
 * Echo over StreamIo in an EventLoop. Arguments: mode [backend] [busyPollUs].
 *   echo    bytes the handler may keep   borrow  bytes valid in the call   split  answers every 64 bytes by a write of
 *   its own
 */
import { EventLoop } from '@loop/core'
import { NativeSelector } from '@loop/selector-native'

const [mode = 'echo', backend = 'epoll', busyPollUs = '0'] = process.argv.slice(2)
const selector = new NativeSelector({ backend, busyPollUs: Number(busyPollUs) })
const loop = new EventLoop({ selector })
const PIECE = 64

const listener = selector.streams.listen(
  { host: '127.0.0.1', port: 0, backlog: 4096 },
  {
    accepted(connection) {
      connection.borrow = mode === 'borrow'
      return {
        data: mode === 'split' ? (bytes) => split(connection, bytes) : (bytes) => connection.write(bytes),
        eof: () => connection.close(),
        closed() {},
      }
    },
  },
)

function split(connection, bytes) {
  for (let at = 0; at < bytes.length; at += PIECE) connection.write(bytes.subarray(at, at + PIECE))
}

console.log(listener.address.port)
process.stdin.on('end', () => process.exit(0)).resume()
loop.runForever()
