import { once } from 'node:events'
import net from 'node:net'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'
import { compilePackages, startProgram } from './programs.ts'
import type { Family } from './support.ts'
import { onEachFamily } from './support.ts'

const compiled = compilePackages()
afterAll(() => {
  compiled.remove()
})

/**
 * One generation of a service: greets, echoes, and at SIGTERM accepts no more and goes on until the last peer has left.
 */
const generation = (name: string, port: number): string => `
  import { EventLoop } from '@loop/core'
  import { createServer } from '@loop/net'
  const loop = new EventLoop({ selector })
  await loop.runUntilComplete(async () => {
    let accepted = 0
    const make = () => ({
      connectionMade(made) { accepted++; this.transport = made; made.write(Buffer.from('${name}')) },
      dataReceived(bytes) { this.transport.write(bytes) },
    })
    try {
      const server = await createServer(make, { host: '127.0.0.1', port: ${port}, reusePort: true })
      process.once('SIGTERM', () => loop.callSoonThreadsafe(() => server.close()))
      console.log(server.port)
      await server.waitClosed()
      console.log(accepted)
    } catch (error) {
      console.log(error.name)
    }
  })`

interface Generation {
  readonly first: string
  stop(): Promise<number>
}

async function start(family: Family, name: string, port: number): Promise<Generation> {
  const child = startProgram(compiled, family, generation(name, port))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => (await lines.next()).value as string
  const ended = once(child, 'close')
  return {
    first: await next(),
    async stop() {
      child.kill('SIGTERM')
      const accepted = Number(await next())
      expect(await ended).toEqual([0, null])
      return accepted
    },
  }
}

interface Visit {
  /** Who greeted; '' when the kernel reset the connection before anybody accepted it. */
  readonly greeting: string
  /** The answers to all that was asked came. */
  readonly whole: boolean
}

/** One connection: the greeting, then `rounds` questions and answers. */
function visit(port: number, rounds: number): Promise<Visit> {
  return new Promise((resolve) => {
    let greeting = ''
    let answers = 0
    const socket = net.connect(port, '127.0.0.1')
    socket.setEncoding('latin1').on('error', () => {})
    socket.on('data', (text: string) => {
      if (greeting === '') greeting = text
      else answers++
      if (answers < rounds) socket.write('?')
      else socket.end()
    })
    socket.on('close', () => {
      resolve({ greeting, whole: answers === rounds })
    })
  })
}

const ROUNDS = 5

onEachFamily('a service that is replaced', (family) => {
  test.skipIf(process.platform === 'win32')(
    'loses no connection that it accepted',
    async (context) => {
      const old = await start(family, 'a', 0)
      if (old.first === 'NotSupportedError') context.skip('this Node has no reusePort, which is said by name')
      const port = Number(old.first)
      const visits: Visit[] = []
      let over = false
      const visitors = Array.from({ length: 8 }, async () => {
        while (!over) visits.push(await visit(port, ROUNDS))
      })
      const until = async (enough: () => boolean): Promise<void> => {
        while (!enough()) await new Promise((resolve) => setTimeout(resolve, 1))
      }
      const greeted = (by: string): number => visits.filter(({ greeting }) => greeting === by).length
      let name = 'a'
      let running = old
      const accepted = new Map<string, number>()
      for (const next of ['b', 'c']) {
        await until(() => greeted(name) >= 20)
        // The new one listens before the old one stops: there is always somebody to connect to.
        const fresh = await start(family, next, port)
        await until(() => greeted(next) >= 5)
        accepted.set(name, await running.stop())
        running = fresh
        name = next
      }
      await until(() => greeted(name) >= 20)
      over = true
      await Promise.all(visitors)
      accepted.set(name, await running.stop())
      // Whoever was accepted was greeted, and got all answers.
      for (const [by, count] of accepted) expect([by, greeted(by)]).toEqual([by, count])
      expect(visits.filter(({ greeting, whole }) => greeting !== '' && !whole)).toEqual([])
    },
    60_000,
  )
})
