import { expect, test } from 'vitest'
import { noHistory, remember } from '../src/history.ts'
import type { Snapshot } from '../src/wire.ts'

/** A snapshot with what the history reads of it. */
function snapshot(at: number, turns: number, more: { id?: string; ready?: number; active?: number } = {}): Snapshot {
  const { id = 'one', ready = 0, active = 0 } = more
  return {
    at,
    server: { id, every: 1000 },
    loop: { turns, handles: turns * 2, ready, timers: 6, active, idle: at - active },
  } as unknown as Snapshot
}

const rates = (...snapshots: Snapshot[]) =>
  snapshots
    .reduce(remember, noHistory)
    .samples.map(({ turnRate, handleRate, ready, busy }) => [turnRate, handleRate, ready, busy])

test('rates are made of two snapshots; the first has none', () => {
  expect(rates(snapshot(0, 100), snapshot(1000, 140, { active: 250 }), snapshot(3000, 200, { active: 250 }))).toEqual([
    [null, null, 0, null],
    [40, 80, 0, 0.25],
    [30, 60, 0, 0],
  ])
})

test('a snapshot between two regular ones shows its queues and keeps the rates', () => {
  expect(
    rates(snapshot(0, 0), snapshot(1000, 40), snapshot(1100, 900, { ready: 10_000 }), snapshot(2000, 1040)),
  ).toEqual([
    [null, null, 0, null],
    [40, 80, 0, 0],
    [40, 80, 10_000, 0],
    [1000, 2000, 0, 0],
  ])
})

test('a restarted service begins a history of its own', () => {
  expect(rates(snapshot(0, 500), snapshot(1000, 540), snapshot(2000, 3, { id: 'two' }))).toEqual([
    [null, null, 0, null],
  ])
})

test('what is older than two minutes is forgotten', () => {
  const many = Array.from({ length: 200 }, (_, second) => snapshot(second * 1000, second))
  const { samples } = many.reduce(remember, noHistory)
  expect([samples.length, samples[0]!.at, samples.at(-1)!.at]).toEqual([121, 79_000, 199_000])
})
