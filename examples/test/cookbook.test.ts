import { readFileSync } from 'node:fs'
import { Program } from '@loop/test-kit'
import { describe, expect, it } from 'vitest'
import { placeOf, programsIn, promised } from './told.ts'

// A file of its own, so that it runs beside the other programs.
const recipes = programsIn('cookbook/')

describe.each(recipes)('%s', (path) => {
  it('prints what it says and ends by itself', { timeout: 60_000 }, async () => {
    await using program = new Program(placeOf(path))
    const { code, lines, errors } = await program.end()
    expect({ code, lines, errors }).toEqual({ code: 0, lines: promised(path), errors: '' })
  })

  it('begins with a sentence that says what it is', () => {
    expect(readFileSync(placeOf(path), 'utf8')).toMatch(/^\/\/ [A-Z].+\.\n/)
  })
})

it('has twenty recipes or more', () => {
  expect(recipes.length).toBeGreaterThanOrEqual(20)
})
