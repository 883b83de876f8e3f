import { expect, test } from 'vitest'
import { pinnedPnpm, satisfies } from '../workspace.mjs'

test.each([
  ['pnpm@10.34.9', '10.34.9'],
  ['pnpm@10.34.9+sha512.abc', '10.34.9'],
  ['pnpm@11.0.0-rc.1', '11.0.0-rc.1'],
])('%s pins pnpm %s', (field, version) => {
  expect(pinnedPnpm(field)).toBe(version)
})

test.each([undefined, 'yarn@4.0.0', 'pnpm', 'pnpm@latest'])('%s is refused by name', (field) => {
  expect(() => pinnedPnpm(field)).toThrow('"packageManager" must be pnpm@VERSION')
})

test.each([
  ['20.19.0', true],
  ['20.20.2', true],
  ['22.0.0', true],
  ['20.18.3', false],
  ['18.20.0', false],
])('Node %s for >=20.19: %s', (version, answer) => {
  expect(satisfies(version, '>=20.19')).toBe(answer)
})
