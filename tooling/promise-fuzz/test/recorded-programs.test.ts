import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as core from '@loop/core'
import * as sync from '@loop/sync'
import { copySources } from '@loop/test-kit/sources'
import { afterAll, expect, test } from 'vitest'
import { recorded } from '../src/corpus.mjs'
import { Hunter } from '../src/hunt.mjs'
import { mutant } from '../src/load-sources.mjs'
import { MUTATIONS } from '../src/mutations.mjs'
import { print } from '../src/print.mjs'
import { Run } from '../src/runtime.mjs'

const programs = await recorded()
const folder = await mkdtemp(join(tmpdir(), 'loop-promise-test-'))
afterAll(() => rm(folder, { recursive: true }))

test('a hundred recorded programs are right', async () => {
  const wrong: string[] = []
  for (const { program } of programs) {
    const violations = await new Run({ core, sync }, program).run()
    if (violations.length > 0) wrong.push(`${violations.join('\n')}\n${print(program)}`)
  }
  expect(wrong).toEqual([])
  expect(programs).toHaveLength(100)
})

test('a recorded program that finds a mutation still does', async () => {
  const copy = await copySources(folder)
  for (const name of [
    'a deadline cancels what is around its scope',
    'the running loop is the one that was started last',
  ]) {
    const mutation = MUTATIONS.find((one) => one.name === name)!
    const { program } = programs.find(({ finds }) => finds === name)!
    const hunter = new Hunter({ module: await mutant(copy, mutation, join(folder, name.replaceAll(' ', '-'))) })
    const finding = await hunter.hunt({ from: program.seed, program })
    hunter.end()
    expect(finding?.violations.length, name).toBeGreaterThan(0)
  }
})
