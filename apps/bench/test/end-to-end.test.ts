import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Suite } from '@loop/bench-kit'
import { inNode, planOf, run } from '@loop/bench-kit'
import { expect, test } from 'vitest'
import { htmlOf } from '../src/report/html.mjs'
import { resultsOf, toJson } from '../src/results.mjs'
import { loadSuites } from '../src/suites.mjs'

const bench = (...args: string[]) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL('../src/main.mjs', import.meta.url)), ...args],
    { encoding: 'utf8' },
  )
  return { status, stderr: stderr.trim() }
}

test('a tiny scenario, from processes of its own to the report', async () => {
  const program = new URL('tiny.mjs', import.meta.url)
  const tiny: Suite = {
    name: 'tiny',
    title: 'Tiny',
    scenarios: [
      {
        name: 'add',
        title: 'Additions',
        measures: {
          ns: { title: 'time', unit: 'ns', better: 'less' },
          peak: { title: 'peak memory', unit: 'MB', better: 'less' },
        },
        points: [{ label: 'ten', operations: 10, repeats: 3 }],
        contenders: [
          { name: 'loop', title: 'Loop', kind: 'ours', measure: inNode(program, ['add']) },
          { name: 'other', title: 'Other', kind: 'peer', measure: inNode(program, ['add']) },
          { name: 'broken', title: 'Broken', kind: 'peer', measure: inNode(program, ['subtract']) },
        ],
        goals: [{ what: 'additions', of: 'loop', against: 'other', atLeast: 0 }],
      },
    ],
  }
  const plan = planOf([tiny], { rounds: 2 })
  const found = await run(plan)
  const results = resultsOf({
    plan,
    found,
    started: new Date(),
    ended: new Date(),
    revision: 'none',
    quick: false,
    complete: false,
  })
  const rows = JSON.parse(toJson(results)).scenarios[0].points[0].rows as {
    samples: Record<string, number[]>
    failures: string[]
  }[]
  expect(rows.map(({ samples }) => samples['ns']!.map((value) => (value === null ? null : value > 0)))).toEqual([
    [true, true],
    [true, true],
    [null, null],
  ])
  expect(rows[2]!.failures).toEqual(['Error: no scenario subtract', 'Error: no scenario subtract'])
  expect(found.goals.map(({ verdict }) => verdict)).toEqual(['met'])
  expect(htmlOf(results)).toMatch(/<h3>Additions<\/h3>.*Loop.*Other/)
})

test('all suites hold together: names are unique, goals and facts name contenders, measures and points that exist', async () => {
  const suites = (await loadSuites()).map(({ suite }) => suite)
  const scenarios = suites.flatMap(({ scenarios }) => scenarios)
  const problems = scenarios.flatMap((scenario) => {
    const names = scenario.contenders.map(({ name }) => name)
    const twice = names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${scenario.name}: ${name} twice`)
    const wrong = (scenario.goals ?? []).flatMap((goal) => [
      ...[goal.of, goal.against ?? goal.of]
        .filter((name) => name !== 'best peer' && !names.includes(name))
        .map((name) => `${scenario.name}: goal of ${name}`),
      ...(goal.between === undefined ||
      goal.between.every((size) => scenario.points.some((point) => point[scenario.growth ?? ''] === size))
        ? []
        : [`${scenario.name}: no points of the sizes of ${goal.what}`]),
      ...(goal.measure === undefined || goal.measure in scenario.measures
        ? []
        : [`${scenario.name}: measure ${goal.measure}`]),
      ...(scenario.points.some((point) => goal.over?.(point) ?? true)
        ? []
        : [`${scenario.name}: no point for ${goal.what}`]),
    ])
    const { headline } = scenario
    const unknown = [...(scenario.asked ?? []), ...(headline === undefined ? [] : [headline.of, ...headline.against])]
      .filter((name) => !names.includes(name))
      .map((name) => `${scenario.name}: no contender ${name}`)
    return [...twice, ...wrong, ...unknown]
  })
  expect(problems).toEqual([])
  const names = scenarios.map(({ name }) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  // The README has room for four facts.
  expect(scenarios.filter(({ headline }) => headline !== undefined)).toHaveLength(4)
})

test('what cannot be meant ends with code 2 and names what exists', () => {
  const { status, stderr } = bench('--scenario', 'ecko')
  expect([status, stderr.split(';')[0]]).toEqual([2, 'there is no scenario ecko'])
  expect(stderr).toContain('call-soon')
  expect(bench('--suite', 'core', '--compare', 'no-such-revision', '--no-build')).toEqual({
    status: 2,
    stderr: 'there is no revision no-such-revision in this repository',
  })
})
