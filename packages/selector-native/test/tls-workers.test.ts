import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test, vi } from 'vitest'
import { usedPath } from '../src/binding.ts'
import { compile } from './compiled.ts'

const execute = promisify(execFile)
// Each test starts a Node and workers of its own.
vi.setConfig({ testTimeout: 120_000 })
const compiled = compile()
afterAll(() => {
  compiled.remove()
})

/** Common to the programs: an echo over TLS on a loop of its own. */
const ECHO = `
  import { Worker, isMainThread, parentPort } from 'node:worker_threads'
  import { readFileSync } from 'node:fs'
  import { createSecureContext } from 'node:tls'
  import { EventLoop } from '@loop/core'
  import { NativeSelector } from '@loop/selector-native'
  const pem = (name) => readFileSync(${JSON.stringify(fileURLToPath(new URL('./tls-pems/', import.meta.url)))} + name + '.pem')
  const server = { key: pem('server-key'), cert: pem('server') }, client = { ca: pem('ca'), servername: 'localhost' }
  async function echo(size, rounds) {
    const selector = new NativeSelector(), { streams } = selector, loop = new EventLoop({ selector })
    let answered = 0
    await loop.runUntilComplete(async () => {
      const context = streams.tls.context('server', server)
      const listener = streams.listen({ host: '127.0.0.1' }, { accepted(connection) {
        const handler = { data: (bytes) => { connection.write(bytes) }, eof: () => { connection.close() }, closed() {} }
        connection.handler = handler
        streams.tls.start(connection, context, { secured() {} })
        return handler
      } })
      for (let round = 0; round < rounds; round++) {
        const over = loop.createFuture(), mine = streams.tls.context('client', client)
        let got = 0
        const connection = streams.connect({ host: '127.0.0.1', port: listener.address.port }, {
          connected: () => streams.tls.start(connection, mine, { secured: () => { connection.write(Buffer.alloc(size)) } }),
          data: (bytes) => { got += bytes.length; if (got === size) connection.close() },
          eof() {},
          closed: (error) => { over.setResult(error) },
        })
        const error = await over
        if (error !== undefined) throw error
        answered += got
      }
      listener.close()
    })
    loop.close()
    selector.close()
    return answered
  }
`

/** Runs a program in a Node of its own, `worker` being what './worker.mjs' does; the lines that it printed. */
async function run(program: string, worker = ''): Promise<string[]> {
  const main = join(compiled.directory, 'main.mjs')
  writeFileSync(main, `${ECHO}\n${program}`)
  writeFileSync(join(compiled.directory, 'worker.mjs'), `${ECHO}\n${worker}`)
  const { stdout } = await execute(process.execPath, ['--expose-gc', main], {
    cwd: compiled.directory,
    env: { ...process.env, LOOP_NATIVE_BINARY: usedPath() },
    timeout: 110_000,
  })
  return stdout.trim().split('\n')
}

test('several workers and the main thread speak TLS at a time', async () => {
  const program = `
    const workers = Array.from({ length: 3 }, () => new Promise((resolve, reject) => {
      new Worker('./worker.mjs').once('message', resolve).once('error', reject)
    }))
    console.log(await echo(300000, 20), ...await Promise.all(workers))`
  expect(await run(program, 'parentPort.postMessage(await echo(300000, 20))')).toEqual([
    '6000000 6000000 6000000 6000000',
  ])
})

test('the worker that loaded it first may end: contexts are made and used afterwards', async () => {
  const program = `
    for (let round = 0; round < 3; round++) {
      const first = new Worker('./worker.mjs')
      await new Promise((resolve, reject) => { first.once('exit', resolve).once('error', reject) })
      for (let i = 0; i < 100; i++) createSecureContext({ ca: [] })
    }
    console.log(await echo(1000, 3))`
  expect(await run(program, 'parentPort.postMessage(await echo(1000, 1))')).toEqual(['3000'])
})

test('a worker may be ended in the middle of sessions', async () => {
  const program = `
    for (let round = 0; round < 5; round++) {
      const endless = new Worker('./worker.mjs')
      await new Promise((resolve) => { endless.once('message', resolve) })
      await new Promise((resolve) => { setTimeout(resolve, 20 * round) })
      await endless.terminate()
    }
    console.log(await echo(1000, 1))`
  expect(await run(program, "parentPort.postMessage('begun')\nawait echo(1 << 20, 1e9)")).toEqual(['1000'])
})

// Under AddressSanitizer freed memory is kept on purpose.
test.skipIf(process.env['ASAN_OPTIONS'] !== undefined)(
  'contexts and sessions that nobody holds any more are given back',
  async () => {
    const [grown] = await run(`
    await echo(1000, 200)
    const settle = async () => { for (let i = 0; i < 5; i++) { globalThis.gc(); await new Promise((tell) => { setTimeout(tell, 5) }) } }
    await settle()
    const before = process.memoryUsage().rss
    await echo(1000, 1000)
    await settle()
    console.log(Math.round((process.memoryUsage().rss - before) / 1e6))`)
    // A context and two sessions of each round take some 100 KB: kept, it would be a hundred megabytes.
    expect(Number(grown)).toBeLessThan(30)
  },
)
