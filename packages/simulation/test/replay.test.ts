import { expect, test } from 'vitest'
import { threeHosts } from './programs/three-hosts.mjs'

test('a seed gives the same run again, and another seed another one', async () => {
  const first = await threeHosts(7)
  const second = await threeHosts(7)
  const other = await threeHosts(8)
  expect(second).toEqual(first)
  expect(other.hash).not.toBe(first.hash)
  expect(first.time).toBeGreaterThanOrEqual(50_000)
})

test('twenty seeds run twice each give no difference', async () => {
  await threeHosts(1, { runs: 20, check: 'twice' })
})
