import { expect, test } from 'vitest'
import { programs } from './child.ts'

const runProgram = programs()

/** What these programs share: memory is looked at after garbage was collected, in a process of their own. */
const beginning = `
  import { getRunningLoop, run, sleep, EventLoop, taskGroup } from '@loop/core'
  const pause = () => new Promise((resolve) => setImmediate(resolve))
  const collect = async (until = () => false) => { for (let round = 0; round < 50 && !until(); round++) { gc(); await pause() } }
  class Big { body = new Uint8Array(100_000) }
  const held = async () => { await collect(); return process.memoryUsage().arrayBuffers / 1e6 }
`
const program = (source: string): ReturnType<typeof runProgram> =>
  runProgram(beginning + source, { flags: ['--expose-gc'] })

test('a failure that was caught keeps nothing alive, although its stack or a property leads to what failed', async () => {
  const { lines, stderr } = await program(`
    class Request extends Big { fail() { throw Object.assign(new Error('refused'), { request: this }) } }
    await run(async () => {
      const loop = getRunningLoop()
      for (let i = 0; i < 500; i++) {
        const request = new Request()
        request.task = loop.createTask(async () => { await sleep(0); request.fail() })
        await request.task.catch(() => {})
        request.group = taskGroup(async (group) => { group.createTask(async () => { request.fail() }) })
        await request.group.catch(() => {})
      }
      console.log(await held() < 5)
    })
  `)
  expect([lines, stderr]).toEqual([['true'], ''])
})

test('one that nobody looks at is reported once what failed was collected, with its text', async () => {
  const { lines, stderr } = await program(`
    class Request extends Big { fail() { throw Object.assign(new RangeError('lost'), { request: this, code: 'E_LOST' }) } }
    let reports = []
    const forms = [(request) => async () => { request.fail() }, (request) => function* () { request.fail() }, (request) => async () => { await sleep(1); request.fail() }]
    for (const form of forms) {
      reports = []
      await run(async () => {
        const loop = getRunningLoop()
        loop.setExceptionHandler((_loop, context) => { reports.push(context) })
        for (let i = 0; i < 100; i++) { const request = new Request(); request.task = loop.createTask(form(request)) }
        await sleep(20)
        await loop.wrap(collect(() => reports.length >= 95))
        const { message, exception } = reports[0]
        console.log(reports.length >= 95, /^Task exception was never retrieved: Task-/.test(message), exception.name, exception.message, exception.code, exception.stack.includes('fail'))
      })
      console.log(reports.length, await held() < 5)
    }
  `)
  const line = ['true true RangeError lost E_LOST true', '100 true']
  expect([lines, stderr]).toEqual([[...line, ...line, ...line], ''])
})

test('a loop that has ended is let go with all its failures, those that nobody looked at too', async () => {
  const { lines, stderr } = await program(`
    for (let round = 0; round < 100; round++) {
      const loop = new EventLoop()
      const big = new Big()
      loop.setExceptionHandler(() => big)
      await loop.runUntilComplete(async () => {
        loop.createTask(async () => { throw Object.assign(new Error('lost'), { loop, big }) })
        await sleep(1)
      })
      loop.close()
    }
    console.log(await held() < 2)
  `)
  expect([lines, stderr]).toEqual([['true'], ''])
})

test('so is a task that was left behind, once its promise has settled', async () => {
  const { lines, stderr } = await program(`
    await run(async () => {
      const loop = getRunningLoop()
      for (let i = 0; i < 100; i++) {
        const big = new Big()
        let settle
        const promise = new Promise((resolve) => { settle = resolve })
        const task = loop.createTask(async () => { await promise; return big })
        await sleep(0)
        task.cancel()
        await task.catch(() => {})
        settle()
      }
      await sleep(1)
      console.log(await held() < 2)
    })
  `)
  expect([lines, stderr]).toEqual([['true'], ''])
})
