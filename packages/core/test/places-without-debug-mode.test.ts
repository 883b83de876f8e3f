import { expect, test } from 'vitest'
import { EventLoop, sleep } from '../src/index.ts'
import { describeTask } from '../src/lowlevel.ts'
import { virtualLoop } from './support.ts'

const placeOf = (loop: EventLoop): string | undefined => {
  const task = loop.createTask(async () => {})
  const { source } = describeTask(task)
  return source?.split('\n')[0]
}

test('places of tasks and waits are known while somebody wants them noted', async () => {
  using loop = new EventLoop()
  expect(placeOf(loop)).toBeUndefined()
  const notes = [loop.notePlaces(), loop.notePlaces()]
  const task = loop.createTask(async function napping() {
    await sleep(1000)
  })
  await loop.runUntilComplete(async () => sleep(0))
  expect(describeTask(task).source).toMatch(/places-without-debug-mode\.test\.ts:\d+/)
  expect(describeTask(task).awaiting.map(({ source }) => source)).toEqual([
    expect.stringMatching(/at napping \(.*places-without-debug-mode\.test\.ts:\d+/),
  ])
  task.cancel()
  await loop.runUntilComplete(async () => sleep(0))

  notes[0]![Symbol.dispose]()
  notes[0]![Symbol.dispose]()
  expect(placeOf(loop)).toMatch(/places-without-debug-mode/)
  notes[1]![Symbol.dispose]()
  expect(placeOf(loop)).toBeUndefined()
  await loop.runUntilComplete(async () => sleep(0))
})

test('a busy loop notes a thousand places a second, and again in the next second', async () => {
  using loop = virtualLoop()
  using _notes = loop.notePlaces()
  const noted = (count: number): number => {
    let known = 0
    for (let i = 0; i < count; i++) if (placeOf(loop) !== undefined) known++
    return known
  }
  await loop.runUntilComplete(async () => {
    // The main task is one of them.
    expect(noted(3000)).toBe(999)
    await sleep(2000)
    expect(noted(3000)).toBe(1000)
  })
})

test('debug mode notes everything, also handles', () => {
  using loop = new EventLoop()
  using _notes = loop.notePlaces()
  loop.debug = true
  for (let i = 0; i < 1500; i++) expect(loop.state.origins?.has(loop.callSoon(() => {}))).toBe(true)
  loop.debug = false
  expect(loop.state.origins?.has(loop.callSoon(() => {}))).toBe(false)
})
