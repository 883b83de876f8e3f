import { EventLoop } from '@loop/core'
import { Program } from '@loop/test-kit'
import { expect, test } from 'vitest'
import { BlockDetector } from '../src/block-detector.ts'
import type { BlockReport } from '../src/index.ts'
import { describeBlock } from '../src/index.ts'

/** A detector with a threshold of 200 ms, handles of a loop that never runs, and what it reports. */
function detecting(): {
  detector: BlockDetector
  handle: (name: string) => never
  lines: string[]
  reports: Omit<BlockReport, 'stack'>[]
} {
  const loop = new EventLoop()
  const reports: Omit<BlockReport, 'stack'>[] = []
  const lines: string[] = []
  const detector = new BlockDetector(200, (report) => {
    reports.push(report)
    lines.push(describeBlock({ ...report, stack: undefined }))
  })
  const handle = (name: string): never => loop.callSoon({ [name]: () => {} }[name]!) as never
  return { detector, handle, lines, reports }
}

test('a handle over the threshold is reported at its end, and its heartbeat says nothing more', () => {
  const { detector, handle, reports } = detecting()
  detector.handleTook(handle('crunch'), 500, 560)
  detector.beat({ lag: 470, silence: 570 })
  expect(reports).toEqual([
    {
      duration: 500,
      silence: 560,
      kind: 'callback',
      name: 'crunch',
      handles: [{ name: 'crunch', duration: 500 }],
      source: undefined,
    },
  ])
})

test('handles that block together are reported at the heartbeat, summed by name, the longest first', () => {
  const { detector, handle, lines } = detecting()
  for (const [name, duration] of [
    ['short', 50],
    ['long', 120],
    ['long', 130],
  ] as const)
    detector.handleTook(handle(name), duration, 0)
  detector.beat({ lag: 280, silence: 380 })
  detector.beat({ lag: 5, silence: 105 })
  expect(lines).toEqual(['the loop was blocked for 280 ms by several handles: long 250 ms, short 50 ms'])
})

test('lag that handles do not explain came from outside', () => {
  const { detector, handle, lines } = detecting()
  detector.handleTook(handle('short'), 20, 0)
  detector.beat({ lag: 400, silence: 500 })
  expect(lines).toEqual([
    'the loop was blocked for 400 ms by something outside its handles: a callback of the host, garbage collection or the machine',
  ])
})

test('a reported block does not hide another one before the same heartbeat', () => {
  const { detector, handle, reports } = detecting()
  detector.handleTook(handle('crunch'), 500, 500)
  detector.beat({ lag: 800, silence: 900 })
  expect(reports.map(({ kind, duration }) => [kind, duration])).toEqual([
    ['callback', 500],
    ['outside', 300],
  ])
})

test('time in which the process stood still is told as that, and no handle is named for it', () => {
  const { detector, handle, lines } = detecting()
  detector.handleTook(handle('innocent'), 50, 0)
  detector.beat({ lag: 1300, silence: 1400 }, 1250)
  // What a real block adds to it is told besides.
  detector.handleTook(handle('crunch'), 500, 500)
  detector.beat({ lag: 1500, silence: 1600 }, 1000)
  expect(lines).toEqual([
    'the process stood still for 1250 ms: it was stopped, or the machine had no time for it',
    'the loop was blocked for 500 ms by crunch (callback)',
    'the process stood still for 1000 ms: it was stopped, or the machine had no time for it',
  ])
})

test('a beat that says nothing forgets what came before it', () => {
  const { detector, handle, reports } = detecting()
  detector.handleTook(handle('short'), 150, 0)
  detector.beat(null)
  detector.beat({ lag: 199, silence: 300 })
  expect(reports).toEqual([])
})

test.skipIf(process.platform === 'win32')(
  'a process that is stopped from outside is not said to be blocked by what ran at that moment',
  async () => {
    await using program = new Program(new URL('programs/stopped.ts', import.meta.url))
    expect((await program.end()).lines).toEqual(['1 stopped, innocent named: false'])
  },
)
