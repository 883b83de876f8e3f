import { expect, test } from 'vitest'
import { htmlOf } from '../src/report/html.mjs'
import { readmeWith } from '../src/report/readme.mjs'
import { toJson } from '../src/results.mjs'
import { goalsText, scenarioText } from '../src/terminal.mjs'
import { results } from './fixtures.ts'

/** What a page could load from elsewhere. */
const loads =
  /<(?:script|img|iframe|link|audio|video|source|object|embed)\b[^>]*\b(?:src|href|data)\s*=\s*"(?!data:)|@import|(?<![\w.])url\(\s*['"]?(?!#|data:)|\bfetch\(|XMLHttpRequest|sourceMappingURL/

test('the HTML report has every goal with its verdict', async () => {
  const found = await results()
  const html = htmlOf(found)
  const rows = [...html.matchAll(/<tr class="(\w+)"><td[^>]*>(\d+)<\/td><td[^>]*><a href="#echo">([^<]*)/g)].map(
    ([, verdict, issue, what]) => [verdict, issue, what],
  )
  expect(rows).toEqual([
    ['met', '4', 'echo against node'],
    ['missed', '4', 'echo against C'],
    ['unknown', '4', 'echo against Bun'],
  ])
  expect(html).toContain('1 of 3 goals met, 1 not measured')
})

test('the HTML report loads nothing from elsewhere', async () => {
  const html = htmlOf(await results())
  expect(loads.exec(html)?.[0]).toBeUndefined()
  expect(loads.test('<script src="https://example.org/chart.js">')).toBe(true)
})

test('text is escaped, and data cannot end its script', async () => {
  const html = htmlOf(await results())
  expect(html).toContain('Echo &amp; more')
  expect(html).toContain('loop &lt;ours&gt;')
  const data = /<script id="data" type="application\/json">(.*?)<\/script>/s.exec(html)?.[1]
  expect(
    JSON.parse(data!)[0].points[0].rows.map(({ title, median }: { title: string; median: number }) => [title, median]),
  ).toEqual([
    ['loop <ours>', 300],
    ['node <peer>', 100],
    ['c <limit>', 400],
    ['as a book says', 50],
  ])
  // The data's, the charting library's and the page's.
  expect([...html.matchAll(/<\/script>/g)]).toHaveLength(3)
})

test('the report names who is missing and why, quoted figures, versions, and a quick run', async () => {
  const html = htmlOf(await results({ quick: true }))
  expect(html).toContain('not measured: no Bun')
  expect(html).toContain('as a book says <small>quoted, not measured</small>')
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
    'peers',
    'missing',
    'suites',
    'scenarios',
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
  expect(read.goals.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['met', 'not met', 'not measured'])
})

test('lists of numbers stay on one line of the JSON', async () => {
  expect(toJson(await results())).toContain('"rate": [300]')
})

test('the table of the README stands between its markers and holds the headline goals', async () => {
  const readme = 'before\n<!-- bench:start: npm run bench rewrites this table -->\nold\n<!-- bench:end -->\nafter\n'
  const written = readmeWith(readme, await results())
  expect(written).toMatch(/^before\n<!-- bench:start[^\n]*\n2025-03-01, [\s\S]*<!-- bench:end -->\nafter\n$/)
  expect(
    written
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2),
  ).toEqual(['| echo against node | node <peer> | 3.00 × | ≥ 2 × | met |'])
  expect(written).not.toContain('old')
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
  expect(goalsText(goals)).toContain('NOT MEASURED  issue 4: echo against Bun, against bun <peer>')
})
