import { expect, test } from 'vitest'
import { planOf, run } from '../src/run.mjs'
import type { Contender, Goal } from '../src/types.mjs'
import { fake, scenarioOf, suiteOf } from './fakes.ts'

const goal = (more: Partial<Goal>): Goal => ({
  what: 'echo',
  of: 'loop',
  against: 'uvloop',
  atLeast: 2,
  ...more,
})

/** Runs one scenario and gives what became of its goals. */
async function judged(contenders: readonly Contender[], goals: readonly Goal[], more = {}) {
  const scenario = scenarioOf(contenders, goals, more)
  return (await run(planOf([suiteOf(scenario)]))).goals
}

test('the median of the ratios within the rounds counts, not the ratio of the medians', async () => {
  // Ratios 4, 1, 3: the median is 3. The medians are 4 and 2.
  const [found] = await judged([fake('loop', 'ours', [8, 2, 3]), fake('uvloop', 'peer', [2, 2, 1])], [goal({})])
  expect(found).toEqual({
    scenario: 'echo',
    what: 'echo',
    of: 'LOOP',
    against: 'UVLOOP',
    goal: '≥ 2 ×',
    verdict: 'met',
    measured: 3,
    min: 1,
    max: 4,
    unit: '×',
    points: 1,
  })
})

test('rounds where one of the two failed do not count', async () => {
  const [found] = await judged([fake('loop', 'ours', [8, 'lost', 3]), fake('uvloop', 'peer', [2, 1, 1])], [goal({})])
  expect(found).toMatchObject({ measured: 3.5, min: 3, max: 4 })
})

test('points are combined by the geometric mean, and only those that count', async () => {
  const points = [
    { label: 'a', n: 1 },
    { label: 'b', n: 10 },
    { label: 'c', n: 100 },
  ]
  const contenders = [fake('loop', 'ours', [100, 100, 100, 2, 2, 2, 8, 8, 8]), fake('uvloop', 'peer', [1])]
  const [found] = await judged(contenders, [goal({ over: ({ n }) => (n as number) >= 10, atLeast: 5 })], { points })
  expect(found).toMatchObject({ measured: expect.closeTo(4), points: 2, verdict: 'not met' })
})

test('where less is better, the ratio is turned round', async () => {
  const measures = { rate: { title: 'time', unit: 'ns', better: 'less' } }
  const [found] = await judged([fake('loop', 'ours', [5]), fake('uvloop', 'peer', [15])], [goal({})], { measures })
  expect(found).toMatchObject({ measured: 3, verdict: 'met' })
})

test('the best peer is named; limits and references are none', async () => {
  const contenders = [
    fake('loop', 'ours', [10]),
    fake('slow', 'peer', [1]),
    fake('quick', 'peer', [4]),
    fake('c', 'limit', [20]),
    fake('tuned', 'reference', [9]),
  ]
  const [found] = await judged(contenders, [goal({ against: 'best peer' })])
  expect(found).toMatchObject({ against: 'best peer (QUICK)', measured: 2.5, verdict: 'met' })
})

test('a goal without another contender limits the value itself, at the worst point', async () => {
  const points = [{ label: 'a' }, { label: 'b' }]
  const { against: _, atLeast: __, ...absolute } = goal({ atMost: 3 })
  const [found] = await judged([fake('loop', 'ours', [1, 1, 1, 4, 4, 4])], [absolute], { points })
  expect(found).toMatchObject({ goal: '≤ 3 1/s', measured: 4, points: 2, verdict: 'not met', against: '' })
})

test('what could not be measured says why', async () => {
  const missing = { ...fake('uvloop', 'peer', [1]), unavailable: () => 'no Python with uvloop' }
  const contenders = [fake('loop', 'ours', [1]), missing, fake('bun', 'peer', ['crashed'])]
  const goals = await judged(contenders, [
    goal({}),
    goal({ against: 'bun' }),
    goal({ against: 'best peer' }),
    goal({ against: 'nobody' }),
    goal({ over: () => false }),
  ])
  expect(goals.map(({ verdict, reason, measured }) => [verdict, reason, measured])).toEqual([
    ['not measured', 'uvloop: no Python with uvloop', null],
    ['not measured', 'bun: crashed', null],
    ['not measured', 'no peer was measured', null],
    ['not measured', 'nobody was not in this run', null],
    ['not measured', 'none of its points was in this run', null],
  ])
})

test('growth is the ratio of the measure at two sizes, whichever direction is better', async () => {
  const points = [
    { label: 'few', n: 10 },
    { label: 'some', n: 100 },
    { label: 'many', n: 1000 },
  ]
  const growing = { what: 'grows', of: 'loop', between: [10, 1000] as const, atMost: 2 }
  const contenders = [fake('loop', 'ours', [1, 2, 1, 9, 9, 9, 3, 3, 3])]
  const [found] = await judged(contenders, [growing], { points, growth: 'n' })
  // Rounds: 3, 1.5 and 3.
  expect(found).toMatchObject({ goal: '≤ 2 ×', measured: 3, min: 1.5, max: 3, unit: '×', verdict: 'not met' })
})

test('a fact has the ratios that were measured, good or bad', async () => {
  const headline = { what: 'echo', of: 'loop', against: ['uvloop', 'bun', 'c'] }
  const contenders = [
    fake('loop', 'ours', [6]),
    fake('uvloop', 'peer', [2]),
    fake('bun', 'peer', ['crashed']),
    fake('c', 'limit', [12]),
  ]
  const { facts } = await run(planOf([suiteOf(scenarioOf(contenders, [], { headline }))]))
  expect(facts).toEqual([
    {
      scenario: 'echo',
      what: 'echo',
      of: 'LOOP',
      ratios: [
        { against: 'UVLOOP', value: 3, min: 3, max: 3 },
        { against: 'C', value: 0.5, min: 0.5, max: 0.5 },
      ],
    },
  ])
})
