import type { Executor } from '@loop/core'
import { getRunningLoop, run, sleep } from '@loop/core'
import { Program } from '@loop/test-kit'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { traceTo } from '../src/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'loop-monitor-'))
const file = (name: string): string => join(directory, name)
afterAll(() => {
  rmSync(directory, { recursive: true })
})

interface TraceEvent {
  readonly ph: string
  readonly cat?: string
  readonly name: string
  readonly ts?: number
  readonly dur?: number
  readonly id?: number
  readonly pid: number
  readonly tid: number
}

const read = (name: string): TraceEvent[] => JSON.parse(readFileSync(file(name), 'utf8')) as TraceEvent[]

/** Settles each submission when asked to. */
const byHand = (settle: (() => void)[]): Executor => ({
  submit: (fn, args) =>
    new Promise((resolve) =>
      settle.push(() => {
        resolve(fn(...args))
      }),
    ),
  shutdown: () => Promise.resolve(),
})

test('turns, callbacks, tasks and executor work are in the trace, each in its turn', async () => {
  await run(async () => {
    const loop = getRunningLoop()
    const settle: (() => void)[] = []
    using trace = traceTo(file('all.json'))
    loop.setDefaultExecutor(trace.executor(byHand(settle)))
    loop.callSoon(function greet() {})
    const work = loop.runInExecutor(
      null,
      function square(n: number) {
        return n * n
      },
      3,
    )
    await loop.createTask(
      async function body() {
        await sleep(1)
      },
      { name: 'worker' },
    )
    settle[0]!()
    expect(await work).toBe(9)
    await sleep(0)
  })
  const events = read('all.json')
  const spans = events
    .filter(({ ph, name }) => ph === 'X' && !name.startsWith('Task-') && !name.startsWith('turn'))
    .map(({ cat, name }) => `${cat} ${name}`)
  expect(spans).toEqual([
    'callback greet',
    'task worker (body)',
    'internal Sleep',
    'task worker (body)',
    ...spans.slice(4),
  ])
  const begun = events.filter(({ ph }) => ph === 'b').map(({ cat, name, id }) => [cat, name, id])
  expect(begun).toEqual([
    ['executor', 'square', 1],
    ['task', 'worker', 2],
  ])
  expect(events.filter(({ ph }) => ph === 'e').map(({ cat, name, id }) => [cat, name, id])).toEqual([
    ['task', 'worker', 2],
    ['executor', 'square', 1],
  ])
  const turn = (event: TraceEvent): boolean => event.cat === 'turn'
  const greet = events.find(({ name }) => name === 'greet')!
  const around = events.filter(turn).find(({ ts, dur }) => ts! <= greet.ts! && ts! + dur! >= greet.ts! + greet.dur!)
  expect(around).toBeDefined()
  expect(events.filter(({ ph }) => ph === 'M').map(({ name }) => name)).toEqual(['process_name', 'thread_name'])
})

test('a trace of many blocks is one JSON array, and nothing is added after the end', async () => {
  await run(async () => {
    const loop = getRunningLoop()
    const trace = traceTo(file('long.json'))
    for (let i = 0; i < 3000; i++) loop.callSoon(function tick() {})
    await sleep(1)
    trace.close()
    trace.close()
    loop.callSoon(function late() {})
    await sleep(0)
  })
  const names = read('long.json').map(({ name }) => name)
  expect(names.filter((name) => name === 'tick')).toHaveLength(3000)
  expect(names).not.toContain('late')
})

test('a process that exits in the middle leaves a trace that is whole', async () => {
  await using program = new Program(new URL('programs/traced.ts', import.meta.url), [file('cut.json')])
  expect((await program.end()).code).toBe(3)
  expect(read('cut.json').map(({ name }) => name)).toContain('before')
})

test('a file that cannot be written is an error at once', async () => {
  await run(async () => {
    expect(() => traceTo(join(directory, 'no', 'such', 'place.json'))).toThrow(/ENOENT/)
  })
})
