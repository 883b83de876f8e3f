import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { compilePackages, startProgram } from './programs.ts'
import { onEachFamily } from './support.ts'

const CONNECTIONS = 10_000
/** What a process has open besides: Node's own and the test's, generously. */
const OTHERS = 200
const compiled = compilePackages()
afterAll(() => {
  compiled.remove()
})

/** An echo server that prints its port, the bytes of memory of a connection once all are there, and its end. */
const SERVER = `
  import { EventLoop, sleep } from '@loop/core'
  import { createServer } from '@loop/net'
  class Echo {
    connectionMade(transport) { this.transport = transport }
    dataReceived(bytes) { this.transport.write(bytes) }
  }
  const loop = new EventLoop({ selector })
  await loop.runUntilComplete(async () => {
    const server = await createServer(() => new Echo(), { host: '127.0.0.1', port: 0, backlog: 1000 })
    gc()
    const before = process.memoryUsage.rss()
    console.log(server.port)
    while (server.connections < ${CONNECTIONS}) await sleep(10)
    gc()
    console.log((process.memoryUsage.rss() - before) / ${CONNECTIONS})
    while (server.connections > 0) await sleep(10)
    server.close()
    await server.waitClosed()
  })
  loop.close()
  console.log('ended')`

/** For `node -e`, with a port: connects, asks on every connection when a line comes, ends with its input. */
const CLIENT = `
  const net = require('node:net')
  const sockets = []
  let connected = 0
  let answered = 0
  const open = () => {
    const socket = net.connect(Number(process.argv[1]), '127.0.0.1', () => {
      if (++connected === ${CONNECTIONS}) console.log('connected')
      else if (sockets.length < ${CONNECTIONS}) open()
    })
    socket.on('data', () => { if (++answered === ${CONNECTIONS}) console.log('answered') })
    sockets.push(socket)
  }
  for (let i = 0; i < 200; i++) open()
  process.stdin.once('data', () => { for (const socket of sockets) socket.write('x') })
  process.stdin.on('end', () => process.exit(0))`

/** Why so many connections cannot be had here; undefined when they can. */
function reasonAgainst(): string | undefined {
  if (process.platform !== 'linux') return 'the limit of descriptors is looked up in /proc'
  // Node raises its limit to the hard one.
  const [, limit] = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))!
  return Number(limit) < CONNECTIONS + OTHERS ? `a process may have ${limit} descriptors only` : undefined
}

const linesOf = (output: Readable): AsyncIterator<string, undefined> => createInterface(output)[Symbol.asyncIterator]()

onEachFamily(`${CONNECTIONS} idle connections`, (family) => {
  const reason = reasonAgainst()
  const name = 'are all there, answer when they are asked, and end'
  if (reason !== undefined) {
    test.skip(`${name} (${reason})`, () => {})
    return
  }
  test(name, { timeout: 120_000 }, async () => {
    const server = startProgram(compiled, family, SERVER, ['--expose-gc'])
    const output = linesOf(server.stdout)
    const port = (await output.next()).value!
    // Two processes, each with descriptors of its own.
    const client = spawn(process.execPath, ['-e', CLIENT, port], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      const heard = linesOf(client.stdout)
      const events = [(await heard.next()).value]
      const bytes = Number((await output.next()).value)
      console.log(
        `${CONNECTIONS} idle connections over ${family.name}: ${(bytes / 1024).toFixed(1)} KB of the server's memory each`,
      )
      client.stdin.write('ask\n')
      events.push((await heard.next()).value)
      client.stdin.end()
      events.push((await output.next()).value)
      const [code] = (await once(server, 'close')) as [number]
      expect([...events, code]).toEqual(['connected', 'answered', 'ended', 0])
    } finally {
      server.kill()
      client.kill()
    }
  })
})
