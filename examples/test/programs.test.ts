import { readFileSync, readdirSync } from 'node:fs'
import { Program } from '@loop/test-kit'
import { isSupported } from '@loop/selector-native'
import { describe, expect, it } from 'vitest'
import { postgresBinaries, startPostgres } from './postgres.ts'

const folder = new URL('../', import.meta.url)
const programs = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.includes('.config.'))

/** What a program says that it prints, in the comment at its end. */
const promised = (text: string) => /\/\* Prints:\n([\s\S]+)\n\*\/\n$/.exec(text)?.[1]?.split('\n')

const postgres = postgresBinaries()

/** Why programs that need something that is not everywhere cannot run here; '' where they can. */
const missing: Record<string, string> = {
  'pipe-reader.ts': isSupported().supported ? '' : 'the native selector does not work here',
  'postgres-tls.ts': postgres === undefined ? 'PostgreSQL is not installed' : '',
}

/** Servers that are started for a program: how it finds them. */
const servers: Record<string, () => Promise<AsyncDisposable & { readonly env: Record<string, string> }>> = {
  'postgres-tls.ts': () => startPostgres(postgres!),
}

describe.each(programs)('%s', (name) => {
  it('prints what it says and ends by itself', { timeout: 60_000 }, async ({ skip }) => {
    const reason = missing[name] ?? ''
    if (reason !== '') skip(reason)
    const expected = promised(readFileSync(new URL(name, folder), 'utf8'))
    await using server = await servers[name]?.()
    await using program = new Program(new URL(name, folder), [], server?.env)
    const { code, lines, errors } = await program.end()
    expect({ code, lines, errors }).toEqual({ code: 0, lines: expected, errors: '' })
  })
})

it('is listed in the README of this folder', () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8')
  expect([...readme.matchAll(/^\| \[([\w-]+\.ts)\]/gm)].map(([, name]) => name).sort()).toEqual(programs.sort())
})
