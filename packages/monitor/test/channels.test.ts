import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { getRunningLoop, run, sleep } from '@loop/core'
import { afterEach, expect, test } from 'vitest'
import type { LoopCallbackMessage, LoopJobMessage, LoopTaskMessage, LoopTurnMessage } from '../src/index.ts'
import { LoopMonitor, publishJobs } from '../src/index.ts'
import { settled } from './support.ts'

const subscribed: [string, (message: unknown) => void][] = []

function listen<M>(channel: string, onMessage: (message: M) => void): void {
  const listener = onMessage as (message: unknown) => void
  subscribed.push([channel, listener])
  subscribe(channel, listener)
}

function stopListening(): void {
  for (const [channel, listener] of subscribed.splice(0)) unsubscribe(channel, listener)
}

afterEach(stopListening)

test('turns, callbacks and tasks are published to whoever subscribes', async () => {
  const events: string[] = []
  listen<LoopCallbackMessage>('loop:callback', ({ kind, name, task, duration }) => {
    if (name !== 'heartbeat') events.push(`${kind} ${name} ${task?.getName() ?? 'no task'} ${duration >= 0}`)
  })
  listen<LoopTaskMessage>('loop:task', ({ event, name }) => events.push(`${event} ${name}`))
  let turns = 0
  listen<LoopTurnMessage>('loop:turn', ({ handles }) => (turns += handles))
  await run(async () => {
    const loop = getRunningLoop()
    using monitor = new LoopMonitor({ threshold: 10_000, interval: 10_000 })
    monitor.start()
    await sleep(0)
    events.length = 0
    loop.callSoon(function greet() {})
    await loop.createTask(
      async function work() {
        await sleep(0)
      },
      { name: 'worker' },
    )
  })
  expect(events.filter((event) => !event.includes('Task-'))).toEqual([
    'created worker',
    'callback greet no task true',
    'task worker (work) worker true',
    'done worker',
    'task worker (work) worker true',
  ])
  expect(turns).toBeGreaterThan(3)
})

test('the loop is observed only while somebody listens', async () => {
  let turns = 0
  await run(async () => {
    const loop = getRunningLoop()
    let observers = 0
    const { addObserver } = loop
    loop.addObserver = (observer) => {
      observers++
      const added = addObserver.call(loop, observer)
      return {
        [Symbol.dispose]: () => {
          observers--
          added[Symbol.dispose]()
        },
      }
    }
    const counts: number[] = []
    using monitor = new LoopMonitor({ threshold: 10_000, interval: 10 })
    monitor.start()
    counts.push(observers)
    listen('loop:turn', () => turns++)
    await settled(monitor, loop)
    counts.push(observers)
    // The turn that began before the observer was there tells nothing; the next one does.
    await sleep(0)
    await sleep(0)
    stopListening()
    await settled(monitor, loop)
    counts.push(observers)
    listen('loop:task', () => {})
    await settled(monitor, loop)
    counts.push(observers)
    monitor.stop()
    counts.push(observers)
    expect(counts).toEqual([0, 1, 0, 1, 0])
  })
  expect(turns).toBeGreaterThan(0)
})

test('events of a scheduler are published as jobs; failures only when somebody is there to take them', () => {
  const listeners = new Map<string, (event: unknown) => void>()
  const scheduler = {
    on(name: string, listener: (event: never) => void): Disposable {
      listeners.set(name, listener as (event: unknown) => void)
      return {
        [Symbol.dispose]: () => {
          listeners.delete(name)
        },
      }
    },
  }
  publishJobs(scheduler)[Symbol.dispose]()
  using _silent = publishJobs(scheduler)
  expect([...listeners.keys()]).toEqual(['run', 'success', 'missed', 'overlap', 'clockJump'])

  const messages: LoopJobMessage[] = []
  listen<LoopJobMessage>('loop:job', (message) => messages.push(message))
  using _heard = publishJobs(scheduler)
  listeners.get('failure')!({ name: 'backup', error: 'disk full' })
  listeners.get('clockJump')!({ by: 3 })
  expect(messages).toEqual([
    { event: 'failure', name: 'backup', details: { name: 'backup', error: 'disk full' } },
    { event: 'clockJump', name: undefined, details: { by: 3 } },
  ])
})
