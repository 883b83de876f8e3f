import { sleep } from '@loop/core'
import { expect, test } from 'vitest'
import table from './dst/table.json' with { type: 'json' }
import { inVirtualTime, NEW_YEAR, schedulerIn } from './support.ts'

const YEAR_MS = 365 * 86_400_000
const entries = Object.entries(table as unknown as Record<string, [number, number, number][]>).map(([key, packs]) => {
  const space = key.indexOf(' ')
  const runs = packs.flatMap(([first, step, count]) =>
    Array.from({ length: count }, (_, i) => (first + step * i) * 1000),
  )
  return { key, timeZone: key.slice(0, space), cron: key.slice(space + 1), runs }
})

test('the table has what it should: 365 daily runs, and a run each quarter of an hour', () => {
  const counts = Object.fromEntries(entries.map(({ key, runs }) => [key, runs.length]))
  expect(counts['UTC 0 2 * * *']).toBe(365)
  expect(counts['America/New_York 0 2 * * *']).toBe(365)
  expect(counts['UTC */15 * * * *']).toBe(365 * 96)
  expect(Object.keys(counts)).toHaveLength(12)
})

// All twelve at once: a million looks at the clocks and 140,000 runs.
test(
  'a year of cron in four zones runs as zoneinfo says, none lost, doubled or moved',
  { timeout: 120_000 },
  async () => {
    const ran = new Map<string, number[]>(entries.map(({ key }) => [key, []]))
    await inVirtualTime(async (world) => {
      await using scheduler = schedulerIn(world)
      world.wall.set(-1)
      for (const { key, cron, timeZone } of entries) {
        scheduler.recurring(key, (run) => void ran.get(key)!.push(run.scheduledFor.getTime()), { cron, timeZone })
      }
      await sleep(NEW_YEAR + YEAR_MS - world.wall.now() - 1)
    })
    for (const { key, runs } of entries) expect(ran.get(key), key).toEqual(runs)
  },
)
