import { spawn } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { usedPath } from '../src/binding.ts'
import { compile } from './compiled.ts'
import { backends } from './support.ts'

const compiled = compile()
afterAll(() => {
  compiled.remove()
})

interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string
  readonly printed: readonly string[]
  readonly complaint: string
}

/** Runs a program in a Node of its own. */
function run(program: string): Promise<Ended> {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], {
    cwd: compiled.directory,
    env: { ...process.env, LOOP_NATIVE_BINARY: usedPath() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let complaint = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code: signal ?? code!, printed: printed.split('\n').slice(0, -1), complaint })
    })
  })
}

const ways = backends.flatMap((backend) => (['auto', 'public'] as const).map((drain) => ({ backend, drain })))

describe.each(ways)('an error in a tick of the process, on $backend with the drain $drain', ({ backend, drain }) => {
  const start = `
    import { AsyncLocalStorage, createHook } from 'node:async_hooks'
    import { EventEmitter } from 'node:events'
    import { EventLoop, getRunningLoop, sleep } from '@loop/core'
    import { NativeSelector } from '@loop/selector-native'
    const selector = new NativeSelector({ backend: ${JSON.stringify(backend)} })
    const loop = new EventLoop({ selector, drain: ${JSON.stringify(drain)} })
    const stray = (message) => process.nextTick(() => { throw new Error(message) })
  `
  const handled = `${start}
    process.on('uncaughtException', (error, origin) => console.log(origin, error.message))
  `

  test('of a task, a timer, a promise reaction or an emitter reaches uncaughtException, and the loop goes on', async () => {
    const ended = await run(`${handled}
      await loop.runUntilComplete(async () => {
        await sleep(1)
        stray('task')
        await sleep(1)
        await new Promise((resolve) => { loop.callLater(1, () => { stray('timer'); resolve() }) })
        await sleep(1)
        void Promise.resolve().then(() => stray('reaction'))
        await sleep(1)
        process.nextTick(() => new EventEmitter().emit('error', new Error('emitter')))
        await sleep(1)
        queueMicrotask(() => { throw new Error('microtask') })
        await sleep(1)
        void Promise.reject(new Error('rejection'))
        await sleep(1)
      })
      console.log('went on')`)
    expect(ended).toEqual({
      code: 0,
      printed: [
        'uncaughtException task',
        'uncaughtException timer',
        'uncaughtException reaction',
        'uncaughtException emitter',
        'uncaughtException microtask',
        'unhandledRejection rejection',
        'went on',
      ],
      complaint: '',
    })
  })

  test('of a handler of connections leaves the connections and the listener at work', async () => {
    const { code, printed } = await run(`${handled}
      await loop.runUntilComplete(async () => {
        const { streams } = selector
        const listener = streams.listen({ host: '127.0.0.1' }, { accepted: (connection) => ({
          data(bytes) { stray('data'); connection.write(bytes) },
          eof() { stray('eof'); connection.close() },
          closed() { stray('closed') },
        }) })
        for (let i = 0; i < 2; i++) {
          await new Promise((resolve) => {
            const connection = streams.connect({ host: '127.0.0.1', port: listener.address.port }, {
              connected() { connection.write(Buffer.from('answer ' + i)) },
              data(bytes) { console.log(bytes.toString()); connection.end() },
              eof() { connection.close() },
              closed: resolve,
            })
          })
          await sleep(5)
        }
        listener.close()
      })`)
    const each = ['uncaughtException data', 'uncaughtException eof', 'uncaughtException closed']
    expect({ code, printed: [...printed].sort() }).toEqual({
      code: 0,
      printed: ['answer 0', 'answer 1', ...each, ...each].sort(),
    })
  })

  test('harms no other handle of the turn and no other tick, and each is reported', async () => {
    const { code, printed } = await run(`${handled}
      await loop.runUntilComplete(async () => {
        loop.callSoon(() => { stray('a'); stray('b'); process.nextTick(() => console.log('tick')); stray('c') })
        loop.callSoon(() => console.log('second handle'))
        await sleep(5)
      })`)
    const message = (line: string): string => line.replace('uncaughtException ', '')
    expect({ code, printed: printed.map(message).sort() }).toEqual({
      code: 0,
      printed: ['a', 'b', 'c', 'second handle', 'tick'],
    })
  })

  test('leaves handles in their own async context, also while async hooks are on', async () => {
    const { code, printed } = await run(`${handled}
      createHook({ init() {}, before() {}, after() {}, destroy() {} }).enable()
      const storage = new AsyncLocalStorage()
      await loop.runUntilComplete(() => storage.run('outer', async () => {
        storage.run('inner', () => stray('inner'))
        await sleep(1)
        console.log(storage.getStore())
        await new Promise((resolve) => { loop.callLater(1, () => { console.log(storage.getStore()); resolve() }) })
      }))
      console.log(storage.getStore())`)
    expect({ code, printed }).toEqual({ code: 0, printed: ['uncaughtException inner', 'outer', 'outer', 'undefined'] })
  })

  test('ends the process with its stack when nobody handles it', async () => {
    const { code, printed, complaint } = await run(`${start}
      await loop.runUntilComplete(async () => { await sleep(1); stray('unhandled'); await sleep(50); console.log('went on') })`)
    expect({ code, printed }).toEqual({ code: 1, printed: [] })
    expect(complaint).toContain('Error: unhandled')
    expect(complaint).not.toContain('async hook stack')
  })

  test('ends the worker whose it is, and nobody else', async () => {
    const worker = `${start}
      await loop.runUntilComplete(async () => { await sleep(1); stray('of the worker'); await sleep(1000) })`
    const { code, printed } = await run(`
      import { Worker } from 'node:worker_threads'
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
      worker.on('error', (error) => console.log('error', error.message)).on('exit', (code) => console.log('exit', code))`)
    expect({ code, printed }).toEqual({ code: 0, printed: ['error of the worker', 'exit 1'] })
  })
})
