import { readFileSync, readdirSync } from 'node:fs'
import { Program } from '@loop/test-kit'
import { isSupported } from '@loop/selector-native'
import { describe, expect, it } from 'vitest'

const folder = new URL('../', import.meta.url)
const programs = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.includes('.config.'))

/** What a program says that it prints, in the comment at its end. */
const promised = (text: string) => /\/\* Prints:\n([\s\S]+)\n\*\/\n$/.exec(text)?.[1]?.split('\n')

/** Programs that need something that is not everywhere. */
const needs: Record<string, () => boolean> = { 'pipe-reader.ts': () => isSupported().supported }

describe.each(programs)('%s', (name) => {
  it.skipIf(needs[name]?.() === false)('prints what it says and ends by itself', async () => {
    const expected = promised(readFileSync(new URL(name, folder), 'utf8'))
    await using program = new Program(new URL(name, folder))
    const { code, lines, errors } = await program.end()
    expect({ code, lines, errors }).toEqual({ code: 0, lines: expected, errors: '' })
  })
})

it('is listed in the README of this folder', () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8')
  expect([...readme.matchAll(/^\| \[([\w-]+\.ts)\]/gm)].map(([, name]) => name).sort()).toEqual(programs.sort())
})
