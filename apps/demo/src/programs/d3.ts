import { sleep } from '@loop/core'
import { deterministicLoop } from '@loop/policy'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'D3',
  section: 'Policies',
  title: 'A loop whose time the test controls',
  idea: 'A task ticks every 100 ms; the test moves time by 250 ms, by 49, and by 1. Then a loop jumps through a year by itself.',
  expected: [
    'tick at 100',
    'tick at 200',
    'moved to 250',
    'moved to 299',
    'tick at 300',
    'moved to 300',
    '365 days, from 2025-01-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z',
  ],

  async runAlone({ print }) {
    const loop = deterministicLoop({ autojump: false })()
    const ticking = loop.createTask(async () => {
      for (;;) {
        await sleep(100)
        print(`tick at ${loop.time()}`)
      }
    })
    const running = loop.runForever()
    for (const ms of [250, 49, 1]) {
      await loop.clock.advance(ms)
      print(`moved to ${loop.time()}`)
    }
    ticking.cancel()
    loop.callSoonThreadsafe(() => {
      loop.stop()
    })
    await running
    loop.close()

    const year = deterministicLoop({ start: '2025-01-01T00:00:00Z' })()
    const start = year.clock.wallTime().toISOString()
    let days = 0
    await year.runUntilComplete(async () => {
      for (; days < 365; days++) await sleep(86_400_000)
    })
    print(`${days} days, from ${start} to ${year.clock.wallTime().toISOString()}`)
    year.close()
  },
})
