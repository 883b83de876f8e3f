import type { EventLoop } from '@loop/core'
import { sleep } from '@loop/core'
import net from 'node:net'
import { expect, test } from 'vitest'
import type { ServerOptions } from '../src/index.ts'
import { ConnectionLimitError, createDatagramEndpoint, createServer } from '../src/index.ts'
import { collectErrors, families, onEachFamily, onEachFamilyAndTls, onLoop, Recording } from './support.ts'

const place = { host: '127.0.0.1', port: 0 }

/** Connects without a word, and tells when the other side closes it. */
function silent(port: number): { socket: net.Socket; closed: Promise<void> } {
  const socket = net
    .connect(port, '127.0.0.1')
    .on('error', () => {})
    .resume()
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  return { socket, closed }
}

onEachFamily('limits of a server', (family) => {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  check('connections beyond the limit are closed as they come, and there is room again when one ends', async (loop) => {
    const errors = collectErrors(loop)
    const server = await createServer(() => new Recording(loop), { ...place, maxConnections: 2 })
    const kept = [silent(server.port), silent(server.port)]
    while (server.connections < 2) await sleep(1)
    const away = Array.from({ length: 5 }, () => silent(server.port))
    await loop.wrap(Promise.all(away.map(({ closed }) => closed)))
    expect(server.connections).toBe(2)
    kept[0]!.socket.destroy()
    while (server.connections > 1) await sleep(1)
    const next = silent(server.port)
    while (server.connections < 2) await sleep(1)
    next.socket.destroy()
    kept[1]!.socket.destroy()
    server.close()
    await server.waitClosed()
    // The first, and the others with their number.
    const told = errors as { message: string; exception: unknown; count?: number }[]
    expect(told.every(({ exception }) => exception instanceof ConnectionLimitError)).toBe(true)
    expect((told[0]!.exception as Error).message).toBe('maxConnections is 2; raise it in the options of createServer')
    expect(told.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(5)
    expect(told.length).toBeLessThan(5)
  })

  test.each<[ServerOptions]>([
    [{ ...place, maxConnections: 0 }],
    [{ ...place, maxConnections: 1.5 }],
    [{ ...place, maxHandshakes: NaN }],
    [{ ...place, maxHandshakes: '7' as never }],
  ])('limits that are none are refused: %j', (options) => {
    expect(() => createServer(() => new Recording(null as never), options)).toThrow(RangeError)
  })
})

onEachFamilyAndTls('limits of handshakes', (family) => {
  const secure = family.tls
  test.runIf(secure !== undefined)('handshakes beyond the limit are closed as they come, those under way go on', () =>
    onLoop(family, async (loop) => {
      const errors = collectErrors(loop)
      const server = await createServer(() => new Recording(loop), { ...place, ...secure!.server, maxHandshakes: 2 })
      const shaking = [silent(server.port), silent(server.port)]
      const away: { socket: net.Socket; closed: Promise<void> }[] = []
      // Which of those that come together is first is the system's affair.
      const late = Array.from({ length: 4 }, () => silent(server.port))
      let closed = 0
      for (const each of [...shaking, ...late])
        void each.closed.then(() => {
          closed++
          away.push(each)
        })
      while (closed < 4) await sleep(1)
      await sleep(20)
      expect(closed).toBe(4)
      for (const each of [...shaking, ...late]) each.socket.destroy()
      server.close()
      await server.waitClosed()
      const limited = (errors as { exception: unknown; count?: number }[]).filter(
        ({ exception }) => exception instanceof ConnectionLimitError,
      )
      expect((limited[0]!.exception as Error).message).toContain('maxHandshakes is 2')
      expect(limited.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(4)
    }),
  )
})

test('datagrams without a byte count, too: they cannot wait without end', () =>
  onLoop(families[0]!, async (loop) => {
    collectErrors(loop)
    let paused = 0
    const [transport] = await createDatagramEndpoint(() => ({ pauseWriting: () => void paused++ }), {
      localAddress: { host: '127.0.0.1', port: 0 },
    })
    for (let i = 0; i < 5000; i++) transport.sendTo(Buffer.alloc(0), { host: '127.0.0.1', port: 9 })
    expect(transport.getWriteBufferSize()).toBeGreaterThan(5000)
    expect(paused).toBe(1)
    transport.abort()
  }))
