import { expect, test } from 'vitest'
import { planOf, run, sizeOf } from '../src/run.mjs'
import { isBusy } from '../src/load.mjs'
import { onNode } from '../src/programs.mjs'
import { fake, scenarioOf, suiteOf } from './fakes.ts'

const names = (plan: ReturnType<typeof planOf>) => plan[0]!.taking.map(({ contender }) => contender.name)

test('contenders take turns within a round, and another one begins each round', async () => {
  const log: string[] = []
  const scenario = scenarioOf(
    ['a', 'b', 'c'].map((name) => fake(name, 'ours', [1], log)),
    [],
    { points: [{ label: 'p' }, { label: 'q' }] },
  )
  await run(planOf([suiteOf(scenario)], { rounds: 2 }))
  expect(log).toEqual(['p a', 'p b', 'p c', 'p b', 'p c', 'p a', 'q a', 'q b', 'q c', 'q b', 'q c', 'q a'])
})

test('samples have a place for each round', async () => {
  const { scenarios } = await run(planOf([suiteOf(scenarioOf([fake('a', 'ours', [1, 2, 3])]))]))
  expect(scenarios[0]!.points[0]!.rows).toEqual([
    { name: 'a', title: 'A', kind: 'ours', failures: [], samples: { rate: [1, 2, 3] } },
  ])
})

test('a contender that fails is reported, is asked again once, and the others go on', async () => {
  const log: string[] = []
  const failures: unknown[] = []
  const plan = planOf([suiteOf(scenarioOf([fake('a', 'ours', [1], log), fake('b', 'peer', ['crashed'], log)]))])
  const { scenarios } = await run(plan, {
    measured: ({ contender, round, failure }) => failure && failures.push([contender.name, round, failure]),
  })
  expect(log).toEqual(['p a', 'p b', 'p b', 'p a', 'p a'])
  expect(failures).toEqual([
    ['b', 0, 'crashed'],
    ['b', 1, 'crashed'],
  ])
  expect(scenarios[0]!.points[0]!.rows.map(({ samples, failures }) => ({ samples, failures }))).toEqual([
    { samples: { rate: [1, 1, 1] }, failures: [] },
    { samples: { rate: [null, null, null] }, failures: ['crashed', 'crashed'] },
  ])
})

test('a round that fails once leaves a gap, and the rest counts', async () => {
  const { scenarios } = await run(planOf([suiteOf(scenarioOf([fake('a', 'ours', [1, 'lost', 3])]))]))
  expect(scenarios[0]!.points[0]!.rows[0]).toMatchObject({ samples: { rate: [1, null, 3] }, failures: ['lost'] })
})

test('a measurement without any of the measures is a failure', async () => {
  const silent = { ...fake('a', 'ours', [1]), measure: async () => ({ other: 1 }) }
  const { scenarios } = await run(planOf([suiteOf(scenarioOf([silent]))], { rounds: 1 }))
  expect(scenarios[0]!.points[0]!.rows[0]!.failures).toEqual(['it measured nothing'])
})

test('who is missing is named with the reason and never asked', async () => {
  const log: string[] = []
  const missing = { ...fake('uvloop', 'peer', [1], log), unavailable: () => 'no Python with uvloop' }
  const plan = planOf([suiteOf(scenarioOf([fake('a', 'ours', [1], log), missing]))], { rounds: 1 })
  const { scenarios } = await run(plan)
  expect(sizeOf(plan)).toBe(1)
  expect(log).toEqual(['p a'])
  expect(scenarios[0]!.points[0]!.rows[1]).toEqual({
    name: 'uvloop',
    title: 'UVLOOP',
    kind: 'peer',
    missing: 'no Python with uvloop',
    failures: [],
    samples: { rate: [null] },
  })
})

test('--against keeps ours and those that are named', () => {
  const scenario = scenarioOf([
    fake('loop', 'ours', [1]),
    fake('uvloop', 'peer', [1]),
    fake('bun', 'peer', [1]),
    fake('c', 'limit', [1]),
  ])
  expect(names(planOf([suiteOf(scenario)], { against: ['uvloop'] }))).toEqual(['loop', 'uvloop'])
})

test('unknown names are refused with those that exist', () => {
  const suite = suiteOf(scenarioOf([fake('loop', 'ours', [1]), fake('uvloop', 'peer', [1])]))
  expect(() => planOf([suite], { scenarios: ['ecko'] })).toThrow('there is no scenario ecko; there are echo')
  expect(() => planOf([suite], { against: ['uvlop'] })).toThrow('there is no contender uvlop; there are loop, uvloop')
})

test('rounds: three, more where the scenario asks for them, one in a quick run, or what is wanted', () => {
  const suite = suiteOf(scenarioOf([]), scenarioOf([], [], { name: 'threads', rounds: 5 }))
  const rounds = (choice: Parameters<typeof planOf>[1]) => planOf([suite], choice).map(({ rounds }) => rounds)
  expect([rounds({}), rounds({ quick: true }), rounds({ rounds: 7 })]).toEqual([
    [3, 5],
    [1, 1],
    [7, 7],
  ])
})

test('a quick run takes the quick points, where there are some', () => {
  const points = [{ label: 'p' }, { label: 'q' }]
  const suite = suiteOf(
    scenarioOf([], [], { points, quick: [{ label: 'few' }] }),
    scenarioOf([], [], { name: 'other', points }),
  )
  expect(planOf([suite], { quick: true }).map(({ point }) => point.label)).toEqual(['few', 'p', 'q'])
})

test('a contender takes part only at the points that it takes', () => {
  const one = { ...fake('a', 'ours', [1]), takes: ({ label }: { label: string }) => label === 'q' }
  const plan = planOf([
    suiteOf(scenarioOf([one, fake('b', 'peer', [1])], [], { points: [{ label: 'p' }, { label: 'q' }] })),
  ])
  expect(plan.map(({ taking }) => taking.map(({ contender }) => contender.name))).toEqual([['b'], ['a', 'b']])
})

test('an interruption ends the run with its reason', async () => {
  const controller = new AbortController()
  const log: string[] = []
  const first = {
    ...fake('a', 'ours', [1], log),
    measure: async () => (controller.abort(new Error('Ctrl+C')), { rate: 1 }),
  }
  await expect(
    run(planOf([suiteOf(scenarioOf([first, fake('b', 'peer', [1], log)]))]), { signal: controller.signal }),
  ).rejects.toThrow('Ctrl+C')
  expect(log).toEqual([])
})

test('other lines of Node are shown beside where the scenario asks, and only of what runs on Node', async () => {
  const nodes: [string, string][] = []
  const measuring = (name: string) =>
    onNode(async (_point, { node }) => {
      nodes.push([name, node])
      return { rate: 1 }
    })
  const contenders = [{ ...fake('loop', 'ours', []), measure: measuring('loop') }, { ...fake('c', 'limit', [1]) }]
  const scenario = scenarioOf(contenders, [], {
    points: [{ label: 'p' }, { label: 'q' }],
    nodes: ({ label }) => label === 'q',
  })
  const beside = [
    { major: '20', path: '/node20', version: 'v20.1.0' },
    { major: '26', problem: 'no network' },
  ]
  const { scenarios } = await run(planOf([suiteOf(scenario)], { beside, rounds: 1 }), { node: '/node24' })
  expect(nodes).toEqual([
    ['loop', '/node24'],
    ['loop', '/node24'],
    ['loop', '/node20'],
  ])
  expect(scenarios[0]!.points[1]!.rows.map(({ name, kind, missing }) => [name, kind, missing])).toEqual([
    ['loop', 'ours', undefined],
    ['c', 'limit', undefined],
    ['loop@node20', 'reference', undefined],
    ['loop@node26', 'reference', 'no network'],
  ])
})

test('each point says how busy the machine was before it', async () => {
  const loads = [0.123, 1.5]
  const scenario = scenarioOf([fake('a', 'ours', [1])], [], { points: [{ label: 'p' }, { label: 'q' }] })
  const { scenarios } = await run(planOf([suiteOf(scenario)]), { load: async () => loads.shift() ?? 0 })
  expect(scenarios[0]!.points.map(({ load }) => load)).toEqual([0.12, 1.5])
})

test('a machine is busy when others had more than a tenth of it at most points', () => {
  expect([isBusy([0.1, 0.1, 2], 2), isBusy([0.1, 0.3, 0.4], 2), isBusy([], 2)]).toEqual([false, true, false])
})
