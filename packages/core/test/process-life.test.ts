import { describe, expect, test } from 'vitest'
import { programs } from './child.ts'

const run = programs()

const ended = { code: 0, signal: null, stderr: '' }

describe('the process ends by itself', () => {
  test('when run is done', async () => {
    expect(
      await run(`
        import { run, sleep } from '@loop/core'
        await run(async () => {
          await sleep(5)
          console.log('done')
        })
      `),
    ).toEqual({ ...ended, lines: ['done'] })
  })

  test('when the loop was stopped, with timers left and the loop not closed', async () => {
    expect(
      await run(`
        import { EventLoop } from '@loop/core'
        const loop = new EventLoop()
        loop.callLater(3_600_000, console.log, 'in an hour')
        loop.callLater(5, () => loop.stop())
        await loop.runForever()
        console.log('stopped')
      `),
    ).toEqual({ ...ended, lines: ['stopped'] })
  })

  test('when a loop was made and never run', async () => {
    expect(
      await run(`
        import { EventLoop } from '@loop/core'
        new EventLoop().callLater(3_600_000, () => {})
        console.log('made')
      `),
    ).toEqual({ ...ended, lines: ['made'] })
  })

  test('when the main task fails: with the error', async () => {
    const { code, stderr } = await run(`
      import { run } from '@loop/core'
      await run(async () => { throw new RangeError('main failed') })
    `)
    expect(code).toBe(1)
    expect(stderr).toContain('RangeError: main failed')
  })

  test('with the exit code that a handle set', async () => {
    const { code } = await run(`
      import { run, getRunningLoop, sleep } from '@loop/core'
      await run(async () => {
        getRunningLoop().callSoon(() => { process.exitCode = 3 })
        await sleep(1)
      })
    `)
    expect(code).toBe(3)
  })
})

describe('the process stays alive', () => {
  test.each(['async', 'generator'])('while a task sleeps (%s)', async (form) => {
    const main = form === 'async' ? 'async () => { await sleep(150)' : 'function* () { yield* sleep(150)'
    expect(
      await run(`
        import { run, sleep } from '@loop/core'
        run(${main}; console.log('woke') })
      `),
    ).toEqual({ ...ended, lines: ['woke'] })
  })

  test('while a timer waits', async () => {
    expect(
      await run(`
        import { EventLoop } from '@loop/core'
        const loop = new EventLoop()
        loop.callLater(150, () => { console.log('timer'); loop.stop() })
        loop.runForever()
      `),
    ).toEqual({ ...ended, lines: ['timer'] })
  })

  test('while a task waits for what may never come, until a signal ends it', async () => {
    const { code, signal, lines } = await run(
      `
        import { run, getRunningLoop } from '@loop/core'
        run(async () => {
          console.log('waiting')
          await getRunningLoop().createFuture()
        })
      `,
      { killAt: 'waiting' },
    )
    expect({ code, signal, lines }).toEqual({ code: null, signal: 'SIGTERM', lines: ['waiting'] })
  })
})

describe("an error in the program's own nextTick callback, thrown while a handle is drained", () => {
  const program = (options: string): string => `
    import { EventLoop, sleep } from '@loop/core'
    process.on('uncaughtException', (error) => console.log('uncaught', error.message))
    const loop = new EventLoop(${options})
    await loop.runUntilComplete(async () => {
      loop.callSoon(() => {
        console.log('handle')
        process.nextTick(() => { throw new Error('in a tick') })
      })
      loop.callSoon(() => console.log('next handle'))
      await sleep(5)
      console.log('task')
    })
    await loop.runUntilComplete(function* () { yield* sleep(1); console.log('again') })
    loop.close()
  `
  const lines = ['handle', 'uncaught in a tick', 'next handle', 'task', 'again']

  test('ends up in uncaughtException, and the loop goes on', async () => {
    expect(await run(program(''))).toEqual({ ...ended, lines })
  })

  test('so it does under the public drain', async () => {
    expect(await run(program("{ drain: 'public' }"))).toEqual({ ...ended, lines })
  })

  test.each(['', "{ drain: 'public' }"])(
    'so it does while an observer watches, who is told the end of each turn (%s)',
    async (options) => {
      const watching = `
      const turns = { started: 0, ended: 0 }
      loop.addObserver({ turnStarted() { turns.started++ }, turnEnded() { turns.ended++ } })
      await loop`
      const source = `${program(options).replace('await loop', watching)}\nconsole.log(turns.started - turns.ended)`
      expect(await run(source)).toEqual({ ...ended, lines: [...lines, '0'] })
    },
  )

  test('so it does in a turn over what was looked for again: the rest of that turn is not left waiting', async () => {
    const { code, lines: printed } = await run(`
      import { EventLoop } from '@loop/core'
      import { HostSelector } from '@loop/core/lowlevel'
      process.on('uncaughtException', (error) => console.log('uncaught', error.message))
      const event = (run) => ({ token: -1, ready: 1, run })
      const first = [event(() => {}), event(() => console.log('first look'))]
      const second = [
        event(() => process.nextTick(() => { throw new Error('in a tick') })),
        event(() => { console.log('the rest'); future.setResult() }),
      ]
      class Lively extends HostSelector {
        collect() { return first.splice(0) }
        again() { return second.splice(0) }
      }
      const loop = new EventLoop({ selector: new Lively(), budgetMs: 1000 })
      const future = loop.createFuture()
      await loop.runUntilComplete(function* () { yield* future })
      console.log('done')`)
    expect({ code, printed }).toEqual({ code: 0, printed: ['first look', 'uncaught in a tick', 'the rest', 'done'] })
  })

  test.each(['auto', 'public'])('so does an error of the order policy or of the selector (%s)', async (drain) => {
    const { code, lines: printed } = await run(`
      import { EventLoop, sleep } from '@loop/core'
      import { HostSelector } from '@loop/core/lowlevel'
      process.on('uncaughtException', (error) => console.log('uncaught', error.message))
      let polls = 0
      class Faulty extends HostSelector {
        collect() { return [{ token: -1, ready: 1, run() {} }] }
        poll() {
          if (++polls === 1) throw new Error('poll')
          return []
        }
      }
      let orders = 0
      const order = {
        tieRank: () => 0,
        orderEvents(events) {
          if (++orders === 2) throw new Error('order')
          return events
        },
      }
      const loop = new EventLoop({ selector: new Faulty(), order, drain: '${drain}', budgetMs: 1000 })
      await loop.runUntilComplete(async () => {
        for (let i = 0; i < 5; i++) await sleep(0)
        await sleep(2)
        console.log('task', polls > 1, orders > 2)
      })`)
    expect({ code, printed: printed.sort() }).toEqual({
      code: 0,
      printed: ['task true true', 'uncaught order', 'uncaught poll'],
    })
  })

  test('without a listener it ends the process, as in any program', async () => {
    const { code, stderr } = await run(program('').replace(/process\.on.*\n/, ''))
    expect(code).toBe(1)
    expect(stderr).toContain('Error: in a tick')
  })
})
