import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { generate } from '../src/generate.mjs'
import type { Program, Statement } from '../src/program.mjs'
import { atLeast, findPython, findReference, REFERENCE } from '../src/python.mjs'
import { canRun, CHANGES, changesIn } from '../src/versions.mjs'

const folder = mkdtempSync(join(tmpdir(), 'loop-pythons-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A program that says it is a Python of this version. */
function pretend(version: string, ...path: string[]): string {
  const file = join(folder, ...path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `#!/bin/sh\necho ${version}\n`)
  chmodSync(file, 0o755)
  return file
}

const skipped = process.platform === 'win32'

test.skipIf(skipped)('the Python that is named is taken, whatever its version', () => {
  const old = pretend('3.11.7', 'old')
  expect(findPython({ PYTHON: old })).toEqual({ command: old, version: '3.11.7' })
  expect(findPython({ PYTHON: join(folder, 'absent') })).toBe(null)
})

test.skipIf(skipped || findReference({ PYENV_ROOT: folder }) !== null)(
  'of those under pyenv the newest of the version is taken',
  () => {
    pretend(`${REFERENCE}.2`, 'versions', `${REFERENCE}.2`, 'bin', 'python3')
    const newest = pretend(`${REFERENCE}.10`, 'versions', `${REFERENCE}.10`, 'bin', 'python3')
    pretend('3.99.0', 'versions', '3.99.0', 'bin', 'python3')
    expect(findPython({ PYENV_ROOT: folder })).toEqual({ command: newest, version: `${REFERENCE}.10` })
  },
)

test('versions are compared as numbers', () => {
  expect([
    atLeast('3.13.0', '3.9'),
    atLeast('3.9.1', '3.13'),
    atLeast('3.13.4', '3.13'),
    atLeast('4.0.0', '3.13'),
  ]).toEqual([true, false, true, true])
})

describe('what a difference from another version is put down to', () => {
  const programOf = (...ops: string[]): Program => ({
    ...generate(1, 'core'),
    callbacks: [],
    main: ops.map((op): Statement => ({ op })),
  })

  test('the changes between that version and the reference', () => {
    expect(changesIn(programOf('waitFor'), '3.11.7').map(({ since }) => since)).toEqual(['3.12', '3.13'])
    expect(changesIn(programOf('waitFor'), '3.12.1').map(({ since }) => since)).toEqual(['3.13'])
    expect(changesIn(programOf('waitFor'), `${REFERENCE}.0`)).toEqual([])
    expect(changesIn(programOf('sleep'), '3.11.7')).toEqual([])
    expect(CHANGES.every(({ since }) => atLeast(since, '3.12'))).toBe(true)
  })

  test('a version is not asked for what it does not know', () => {
    expect(canRun(programOf('queueShutdown'), '3.12.1')).toBe(false)
    expect(canRun(programOf('queueShutdown'), '3.13.0')).toBe(true)
    expect(canRun(programOf('queueGet'), '3.11.7')).toBe(true)
  })
})
