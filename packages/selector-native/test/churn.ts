import { readdirSync } from 'node:fs'
import type { EventLoop } from '@loop/core'
import type { StreamIo } from '@loop/core/lowlevel'

/** Connections open at a time. */
const AT_ONCE = 50
/** Where the listener and each client's end of a connection are. */
const HOST = '127.0.0.1'

/** Descriptors of this process; 0 where the system has no /proc. */
export function descriptorCount(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}

/**
 * Opens `count` connections, echoes a message over each and ends it: half of them by closing, a quarter by a reset, a
 * quarter by leaving with bytes unsent.
 */
export async function churn(loop: EventLoop, streams: StreamIo, count: number): Promise<void> {
  const done = loop.createFuture<void>()
  let started = 0
  let clients = 0
  let servers = 0
  const check = (): void => {
    if (clients === count && servers === count) done.setResult(undefined)
    else if (started < count && clients + AT_ONCE > started) start()
  }
  const listener = streams.listen(
    { host: HOST, backlog: 2 * AT_ONCE },
    {
      accepted: (connection) => ({
        data: (bytes) => connection.write(bytes),
        eof: () => {
          connection.close()
        },
        closed: () => {
          servers++
          check()
        },
      }),
    },
  )
  const { port } = listener.address as { readonly port: number }
  const start = (): void => {
    const way = started++ % 4
    const connection = streams.connect(
      { host: HOST, port },
      {
        connected: () => {
          connection.write(Buffer.from('message'))
        },
        data: () => {
          if (way === 0) connection.abort()
          else if (way === 1) {
            connection.write(Buffer.alloc(4096))
            connection.abort()
          } else connection.close()
        },
        eof: () => {},
        closed: () => {
          clients++
          check()
        },
      },
    )
  }
  for (let i = 0; i < Math.min(AT_ONCE, count); i++) start()
  await done
  listener.close()
}
