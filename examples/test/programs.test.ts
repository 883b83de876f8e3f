import { readFileSync } from 'node:fs'
import { Program } from '@loop/test-kit'
import { isSupported } from '@loop/selector-native'
import { describe, expect, it } from 'vitest'
import { postgresBinaries, startPostgres } from './postgres.ts'
import { placeOf, programsIn, promised } from './told.ts'

const programs = programsIn('')

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
    await using server = await servers[name]?.()
    await using program = new Program(placeOf(name), [], server?.env)
    const { code, lines, errors } = await program.end()
    expect({ code, lines, errors }).toEqual({ code: 0, lines: promised(name), errors: '' })
  })
})

it('is listed in the README of this folder', () => {
  const readme = readFileSync(placeOf('README.md'), 'utf8')
  expect([...readme.matchAll(/^\| \[[\w-]+(?:\.ts)?\]\(([\w/-]+\.ts)\)/gm)].map(([, name]) => name).sort()).toEqual(
    [...programs, ...programsIn('cookbook/')].sort(),
  )
})
