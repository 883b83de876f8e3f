import { expect, test } from 'vitest'
import { htmlOf } from '../src/report/html.mjs'
import { refusal } from '../src/keep.mjs'
import { readmeWith } from '../src/report/readme.mjs'
import { toJson } from '../src/results.mjs'
import { factsText, goalsText, scenarioText } from '../src/terminal.mjs'
import { results } from './fixtures.ts'

/** What a page could load from elsewhere. */
const loads =
  /<(?:script|img|iframe|link|audio|video|source|object|embed)\b[^>]*\b(?:src|href|data)\s*=\s*"(?!data:)|@import|(?<![\w.])url\(\s*['"]?(?!#|data:)|\bfetch\(|XMLHttpRequest|sourceMappingURL/

test('the HTML report has every goal with its verdict', async () => {
  const found = await results()
  const html = htmlOf(found)
  const rows = [...html.matchAll(/<tr class="(\w+)"><td[^>]*><a href="#echo">([^<]*)/g)].map(([, verdict, what]) => [
    verdict,
    what,
  ])
  expect(rows).toEqual([
    ['met', 'echo against node'],
    ['missed', 'echo against C'],
    ['unknown', 'echo against Bun'],
  ])
  expect(html).toContain('1 of 3 goals met, 1 not measured')
})

test('the HTML report loads nothing from elsewhere', async () => {
  const html = htmlOf(await results())
  expect(loads.exec(html)?.[0]).toBeUndefined()
  expect(loads.test('<script src="https://example.org/chart.js">')).toBe(true)
})

test('what users ask comes first: ours against each other one, with the charts behind, and the goals at the end', async () => {
  const html = htmlOf(await results())
  const answers = [...html.matchAll(/<span class="(\w+) (\w+)"[^>]*>([^<]*)<\/span>/g)].map((match) => match.slice(1))
  expect(answers).toEqual([
    ['behind', 'limit', '0.75 ×&nbsp;c &lt;limit&gt;'],
    ['ahead', 'peer', '3.00 ×&nbsp;node &lt;peer&gt;'],
  ])
  expect(html.indexOf('id="echo"')).toBeLessThan(html.indexOf('id="goals"'))
})

test('charts are in the page as SVG, one a point, in the colours of the page', async () => {
  const html = htmlOf(await results())
  const charts = [...html.matchAll(/<svg [\s\S]*?<\/svg>/g)].map(([svg]) => svg)
  expect(charts).toHaveLength(2)
  for (const svg of charts) {
    expect([...svg.matchAll(/>(loop|node|c) &lt;/g)].map(([, name]) => name)).toEqual(['loop', 'node', 'c'])
    for (const colour of ['ours', 'peer', 'limit']) expect(svg).toContain(`fill="var(--${colour})"`)
    expect(svg).not.toMatch(/#a100/)
  }
  expect(html).not.toContain('<canvas')
})

test('a scenario that grows has lines over its points', async () => {
  const found = await results()
  const growing = { ...found, scenarios: found.scenarios.map((scenario) => ({ ...scenario, growth: 'connections' })) }
  expect(htmlOf(growing).match(/<svg /g)).toHaveLength(3)
})

test('each figure says its Node, its rounds, and what else the machine did', async () => {
  expect(htmlOf(await results())).toContain('<small>Node 24.1.2, 1 round, others kept 0.1 cores busy</small>')
})

test('a run on a busy machine says so, and is no state of the project unless it is forced', async () => {
  const [quiet, busy] = [await results(), await results({ load: 1000 })]
  expect(htmlOf(quiet)).not.toContain('The machine was busy')
  expect(htmlOf(busy)).toContain('The machine was busy')
  expect([refusal(quiet, false), refusal(busy, true)]).toEqual([undefined, undefined])
  expect(refusal(busy, false)).toContain('--force')
  expect(refusal({ ...busy, complete: false }, false)).toBeUndefined()
})

test('text is escaped', async () => {
  const html = htmlOf(await results())
  expect(html).toContain('Echo &amp; more')
  expect(html).toContain('loop &lt;ours&gt;')
  expect(html).not.toContain('<ours>')
})

test('the report names who is missing and why, versions, and a quick run', async () => {
  const html = htmlOf(await results({ quick: true }))
  expect(html).toContain('not measured: no Bun')
  expect(html).toContain('node &lt;peer&gt;: v20.1.2')
  expect(html).toContain('A quick run: few points, short windows. Its figures are rough.')
  expect(html).not.toContain('never measured')
})

test('the JSON holds machine, contenders, samples, goals and who is missing', async () => {
  const read = JSON.parse(toJson(await results()))
  expect(Object.keys(read)).toEqual([
    'format',
    'started',
    'seconds',
    'revision',
    'quick',
    'complete',
    'machine',
    'load',
    'peers',
    'missing',
    'suites',
    'scenarios',
    'facts',
    'goals',
  ])
  expect(Object.keys(read.machine)).toEqual(['cpu', 'cores', 'memoryGiB', 'os', 'node'])
  expect(read.missing).toEqual([{ title: 'bun <peer>', reason: 'no Bun', scenarios: ['echo'] }])
  expect(read.scenarios[0].points[1].rows[0]).toEqual({
    name: 'loop',
    title: 'loop <ours>',
    kind: 'ours',
    failures: [],
    samples: { rate: [300], cpu: [0.33333], never: [null] },
  })
  expect(read.load).toEqual({ median: 0.1, max: 0.1, busy: false })
  expect(read.facts).toEqual([
    {
      scenario: 'echo',
      what: 'echo',
      of: 'loop <ours>',
      ratios: [
        { against: 'node <peer>', value: 3, min: 3, max: 3 },
        { against: 'c <limit>', value: 0.75, min: 0.75, max: 0.75 },
      ],
    },
  ])
  expect(read.goals.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['met', 'not met', 'not measured'])
})

test('lists of numbers stay on one line of the JSON', async () => {
  expect(toJson(await results())).toContain('"rate": [300]')
})

test('the README has the facts between its markers, also the one where ours is slower', async () => {
  const readme = 'before\n<!-- bench:start: npm run bench rewrites these lines -->\nold\n<!-- bench:end -->\nafter\n'
  const written = readmeWith(readme, await results())
  expect(written.split('\n').slice(0, 4)).toEqual([
    'before',
    '<!-- bench:start: npm run bench rewrites these lines -->',
    '- echo: 3.00 × as fast as node <peer>, 0.75 × as fast as c <limit>',
    '',
  ])
  expect(written).toMatch(/Node 24\.1\.2[\s\S]*<!-- bench:end -->\nafter\n$/)
  expect(written).not.toMatch(/old|met/)
  expect(readmeWith(written, await results())).toBe(written)
  expect(() => readmeWith('nothing', { ...{} } as never)).toThrow('README.md needs the lines')
})

test('the terminal shows a scenario with ratios to the best peer and to the limit', async () => {
  const { scenarios, goals } = await results()
  expect(
    scenarioText(scenarios[0]!)
      .split('\n')
      .slice(1, 7)
      .map((line) => line.replaceAll(/ +/g, ' ')),
  ).toEqual([
    'echo: Echo & more',
    ' 10 × 64 B: messages, 1/s, more is better; best peer: node <peer>; limit: c <limit>',
    ' loop <ours> 300 3.00 × 0.75 ×',
    ' node <peer> 100 0.25 ×',
    ' c <limit> 400 4.00 ×',
    ' bun <peer> not measured: no Bun',
  ])
  expect(factsText(scenarios)).toContain('loop <ours>: 0.75 × c <limit>, 3.00 × node <peer>')
  expect(goalsText(goals)).toContain('NOT MEASURED  echo against Bun, against bun <peer>')
})
