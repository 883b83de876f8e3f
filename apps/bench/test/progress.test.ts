import { PassThrough } from 'node:stream'
import type { Contender, Entry } from '@loop/bench-kit'
import { expect, test } from 'vitest'
import { inWords, Progress } from '../src/progress.mjs'
import { scenario, suite } from './fixtures.ts'

const contenders = scenario.contenders.slice(0, 2) as [Contender, Contender]
const entries = scenario.points.map((point): Entry => ({
  suite,
  scenario,
  point,
  rounds: 2,
  taking: contenders.map((contender) => ({ contender, missing: undefined })),
}))

function shown(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 })
  let text = ''
  stream.on('data', (chunk) => (text += chunk))
  return { progress: new Progress(entries, stream as unknown as NodeJS.WriteStream), text: () => text }
}

const done = (progress: Progress, entry: Entry, contender: Contender, ms: number) =>
  progress.measured({ entry, contender, round: 0, ms })

test('the time left is what the outstanding measurements took before', () => {
  const { progress } = shown(false)
  const [first] = entries as [Entry]
  progress.starting(first, contenders[0], 0)
  done(progress, first, contenders[0], 3000)
  done(progress, first, contenders[1], 1000)
  // One more of each here (3 + 1 s), and four at the next point at the mean of 2 s.
  expect(progress.timeLeft()).toBe(12_000)
})

test('without a terminal there is a line for each point, and failures are named', () => {
  const { progress, text } = shown(false)
  for (const entry of entries) {
    progress.starting(entry, contenders[0], 0)
    done(progress, entry, contenders[0], 1000)
    progress.starting(entry, contenders[1], 0)
  }
  progress.measured({ entry: entries[1]!, contender: contenders[1], round: 0, ms: 5, failure: 'crashed' })
  expect(text().split('\n')).toEqual([
    '  0 %  echo, 10 × 64 B  (10 s left)',
    ' 50 %  echo, 100 × 64 B  (4 s left)',
    '  failed: echo, 100 × 64 B, node <peer>: crashed',
    '',
  ])
})

test('times are not shown finer than they are known', () => {
  expect([inWords(400), inWords(59_000), inWords(90_000), inWords(1_800_000)]).toEqual([
    '1 s',
    '59 s',
    '2 min',
    '30 min',
  ])
})
