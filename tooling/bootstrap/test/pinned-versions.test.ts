import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkHash } from '../fetch-package.mjs'
import { pinnedPnpm, satisfies } from '../workspace.mjs'

test.each([
  ['pnpm@10.34.9', '10.34.9', undefined],
  ['pnpm@10.34.9+sha512.abc', '10.34.9', 'abc'],
  ['pnpm@11.0.0-rc.1', '11.0.0-rc.1', undefined],
])('%s pins pnpm %s with hash %s', (field, version, sha512) => {
  expect(pinnedPnpm(field)).toEqual({ version, sha512 })
})

test('a package of another hash than the pinned one is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-hash-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    const integrity = `sha512-${Buffer.from('0a1b', 'hex').toString('base64')}`
    writeFileSync(
      join(folder, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/@some/pnpm': { integrity } } }),
    )
    checkHash('@some/pnpm@1.0.0', folder, '0a1b')
    expect(() => checkHash('@some/pnpm@1.0.0', folder, '0a1c')).toThrow('is not the package that package.json pins')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.each([undefined, 'yarn@4.0.0', 'pnpm', 'pnpm@latest', 'pnpm@1.0.0+md5.00'])('%s is refused by name', (field) => {
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
