import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { usedPath } from '../src/binding.ts'
import { compile } from './compiled.ts'
import { backends } from './support.ts'

const execute = promisify(execFile)
const compiled = compile()
afterAll(() => {
  compiled.remove()
})

const options = {
  cwd: compiled.directory,
  env: { ...process.env, LOOP_NATIVE_BINARY: usedPath() },
}

/** Runs a module in a Node of its own; the lines that it printed. */
async function run(program: string, env: Record<string, string> = {}): Promise<string[]> {
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', program], {
    ...options,
    env: { ...options.env, ...env },
    timeout: 60_000,
  })
  return stdout.trim().split('\n')
}

/** Starts one that may have no more than `descriptors` descriptors. */
function startLimited(program: string, descriptors: number): ChildProcess {
  const node = [process.execPath, '--input-type=module', '-e', program]
  return spawn('sh', ['-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, ...node], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

describe.each(backends)('the process of a selector on %s', (backend) => {
  const open = `
    const { NativeSelector } = await import('@loop/selector-native')
    const selector = new NativeSelector({ backend: ${JSON.stringify(backend)} })
  `

  test('ends although the selector is open, when no wait is armed', async () => {
    expect(
      await run(`${open}
      selector.streams.listen({ host: '127.0.0.1' }, { accepted() {} })
      process.on('exit', () => console.log('ended'))`),
    ).toEqual(['ended'])
  })

  test('lives while a wait is armed', async () => {
    expect(
      await run(`${open}
      selector.wait(30, () => { console.log('delivered') })
      process.on('exit', () => console.log('ended'))`),
    ).toEqual(['delivered', 'ended'])
  })

  test('ends in the middle of a wait, and of connections, without a crash', async () => {
    expect(
      await run(`${open}
      const listener = selector.streams.listen({ host: '127.0.0.1' }, { accepted(connection) {
        connection.write(Buffer.alloc(8 << 20))
        return { data() {}, eof() {}, closed() {} }
      } })
      selector.streams.connect({ host: '127.0.0.1', port: listener.address.port }, { data() {
        console.log('data')
        process.exit(0)
      }, eof() {}, closed() {} })
      selector.wait(null, function deliver(events) {
        for (const event of events) event.run()
        selector.wait(null, deliver)
      })`),
    ).toEqual(['data'])
  })

  test('an error thrown out of deliver is an uncaught exception of the process, no crash', async () => {
    expect(
      await run(`${open}
      process.on('uncaughtException', (error) => { console.log(error.message); selector.close() })
      selector.wait(0, () => { throw new Error('thrown in deliver') })`),
    ).toEqual(['thrown in deliver'])
  })

  test('worker threads have selectors of their own, and may be terminated in a wait', async () => {
    // A module, as the program that starts it is: workers inherit that.
    const worker = `
      import { parentPort } from 'node:worker_threads'
      import { NativeSelector } from '@loop/selector-native'
      const selector = new NativeSelector({ backend: ${JSON.stringify(backend)} })
      selector.streams.listen({ host: '127.0.0.1' }, { accepted() {} })
      selector.wait(1, () => { selector.wait(null, () => {}); parentPort.postMessage('waiting') })`
    expect(
      await run(`
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
        await once(worker, 'message')
        console.log('terminated', await worker.terminate())
      }`),
    ).toEqual(['terminated 1', 'terminated 1', 'terminated 1'])
  })

  test('a process without descriptors left reports it once, and serves everybody as connections end', async () => {
    const clients = 100
    const server = startLimited(echoServer(clients, 0), 60)
    const { port, result } = await output(server)
    const sockets = await connected(port, clients)
    // Each asks and ends when it was answered: the last ones are served with the first ones' descriptors.
    await Promise.all(
      sockets.map(async (socket) => {
        socket.write('x')
        await once(socket, 'data')
        socket.end()
        await once(socket.resume(), 'close')
      }),
    )
    expect(await result).toEqual({ accepted: clients, failures: ['accept EMFILE'] })
  })

  test('a process without descriptors left notices when others than connections free some', async () => {
    const clients = 30
    // Node itself uses some 20: with 25 files held open, a dozen connections are left.
    const server = startLimited(echoServer(clients, 25), 60)
    const { port, result } = await output(server)
    const sockets = await connected(port, clients)
    for (const socket of sockets) socket.write('x')
    await Promise.all(sockets.map((socket) => once(socket, 'data')))
    for (const socket of sockets) socket.resume().end()
    expect(await result).toEqual({ accepted: clients, failures: ['accept EMFILE'] })
  })

  /** Echoes to `clients` connections, then prints what it saw; holds `files` open until accepting fails. */
  const echoServer = (clients: number, files: number): string => `${open}
    const { closeSync, openSync } = await import('node:fs')
    const held = Array.from({ length: ${files} }, () => openSync('/dev/null'))
    const failures = []
    let accepted = 0
    let left = ${clients}
    const listener = selector.streams.listen({ host: '127.0.0.1', backlog: ${clients} }, {
      accepted(connection) {
        accepted++
        return {
          data: (bytes) => connection.write(bytes),
          eof: () => connection.close(),
          closed() {
            if (--left > 0) return
            console.log(JSON.stringify({ accepted, failures }))
            process.exit(0)
          },
        }
      },
      failed(error) {
        failures.push(error.syscall + ' ' + error.code)
        for (const file of held.splice(0)) closeSync(file)
      },
    })
    console.log(listener.address.port)
    selector.wait(null, function deliver(events) {
      for (const event of events) event.run()
      selector.wait(null, deliver)
    })`
})

/** The port that a server prints first, and the JSON that it prints last. */
async function output(server: ChildProcess): Promise<{ readonly port: number; readonly result: Promise<unknown> }> {
  const lines = createInterface(server.stdout!)[Symbol.asyncIterator]()
  const port = Number((await lines.next()).value)
  const result = lines.next().then(({ value }) => JSON.parse(value as string) as unknown)
  return { port, result }
}

/** So many connections, all of which the kernel has accepted. */
function connected(port: number, count: number): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    }),
  )
}

test('without a usable binary it says why, and constructing one names what to use', async () => {
  expect(
    await run(
      `const { isSupported, NativeSelector } = await import('@loop/selector-native')
      const support = isSupported()
      console.log(support.supported, support.reason.includes('/nowhere.node'))
      try { new NativeSelector() } catch (error) { console.log(error.name, error.message.includes('use @loop/selector-poll')) }`,
      { LOOP_NATIVE_BINARY: '/nowhere.node' },
    ),
  ).toEqual(['false true', 'NativeUnavailableError true'])
})
