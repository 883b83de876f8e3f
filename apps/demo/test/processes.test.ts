import { Program } from '@loop/test-kit'
import { expect, test } from 'vitest'

const timeout = 60_000
const demo = (...args: string[]): Program => new Program(new URL('../src/main.ts', import.meta.url), args)

test('--json prints nothing but JSON, one result for each form, and ends with code 0', { timeout }, async () => {
  await using program = demo('L1', 'S2', '--json')
  const { code, lines, errors } = await program.end()
  const results = JSON.parse(lines.join('\n')) as { id: string; form: string; ok: boolean }[]
  expect({ code, errors, results: results.map(({ id, form, ok }) => ({ id, form, ok })) }).toEqual({
    code: 0,
    errors: '',
    results: [
      { id: 'L1', form: 'async', ok: true },
      { id: 'L1', form: 'generator', ok: true },
      { id: 'S2', form: 'alone', ok: true },
    ],
  })
})

test('a program whose output is not as expected makes the process end with code 1', { timeout }, async () => {
  await using program = new Program(new URL('programs/unexpected.ts', import.meta.url), ['--json'])
  const { code, lines } = await program.end()
  expect([code, JSON.parse(lines.join('\n'))]).toEqual([
    1,
    [expect.objectContaining({ id: 'X1', ok: false, problem: 'line 1 should be "one", but is "two"' })],
  ])
})

test('a wrong command line ends with code 2 and says so, for the tour and for serve', { timeout }, async () => {
  await using tour = demo('X99')
  expect(await tour.end()).toMatchObject({ code: 2, lines: [], errors: expect.stringContaining('UnknownProgramError') })
  await using serve = demo('serve', '--prot', '1')
  expect(await serve.end()).toMatchObject({ code: 2, lines: [], errors: expect.stringContaining('ServeOptionError') })
})

test('help is shown for both', { timeout }, async () => {
  await using tour = demo('help')
  expect((await tour.end()).lines).toContain(
    'npm start -- serve        a small service, and a page that shows its loop live (serve --help)',
  )
  await using serve = demo('serve', '--help')
  expect(await serve.end()).toMatchObject({
    code: 0,
    lines: expect.arrayContaining([expect.stringContaining('--echo-port')]),
  })
})
