import type { EventLoop } from '@loop/core'
import { CancelledError, sleep, wait } from '@loop/core'
import { expect, test } from 'vitest'
import type { Protocol } from '../src/index.ts'
import { createConnection, createServer, ProtocolFactoryError } from '../src/index.ts'
import type { Family } from './support.ts'
import { onEachFamily, onLoop, Recording, settle } from './support.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }
const silent = (): Protocol => ({ dataReceived: () => {} })

function connecting(family: Family): void {
  const check = (name: string, body: (loop: EventLoop) => Promise<void>): void => {
    test(name, () => onLoop(family, body))
  }

  check('a client factory that throws fails the connection', async (loop) => {
    const seen = new Recording(loop)
    const server = await createServer(() => seen, LOCAL)
    const failed = Promise.resolve(
      createConnection(
        () => {
          throw new Error('bug')
        },
        { host: '127.0.0.1', port: server.port },
      ),
    )
    await expect(failed).rejects.toThrow(ProtocolFactoryError)
    await seen.lost()
    server.close()
    await server.waitClosed()
  })

  check('connecting can be cancelled', async (loop) => {
    const server = await createServer(silent, LOCAL)
    const task = loop.createTask(async () => {
      await createConnection(silent, { host: '127.0.0.1', port: server.port })
    })
    await sleep(0)
    task.cancel()
    await expect(task.then()).rejects.toThrow(CancelledError)
    await settle()
    server.close()
    await server.waitClosed()
    expect(server.connections).toBe(0)
  })

  check('connecting can be cancelled in any turn: a protocol that was made hears of both ends', async (loop) => {
    const reports: unknown[] = []
    loop.setExceptionHandler((_loop, { exception }) => reports.push(exception))
    const server = await createServer(silent, LOCAL)
    for (let turns = 0; turns < 12; turns++) {
      const calls: string[] = []
      const factory = () => ({
        connectionMade: () => void calls.push('made'),
        dataReceived() {},
        connectionLost: () => void calls.push('lost'),
      })
      const task = loop.createTask(async () => {
        const [transport] = await createConnection(factory, { host: '127.0.0.1', port: server.port })
        transport.abort()
      })
      for (let i = 0; i < turns; i++) await sleep(0)
      task.cancel()
      await wait([task])
      await settle()
      expect(['', 'made lost']).toContain(calls.join(' '))
    }
    expect(reports).toEqual([])
    server.close()
    await server.waitClosed()
    expect(server.connections).toBe(0)
  })
}

onEachFamily('connecting', connecting)
