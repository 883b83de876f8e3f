import { expect, test } from 'vitest'
import { main } from '../src/cli.ts'
import { parseOptions } from '../src/options.ts'
import { defineProgram } from '../src/program.ts'
import { painter } from '../src/show.ts'

test.each([
  [[], { command: 'run', ids: [], json: false, full: false }],
  [['L4'], { command: 'run', ids: ['L4'], json: false, full: false }],
  [['L4', 'L5', '--json'], { command: 'run', ids: ['L4', 'L5'], json: true, full: false }],
  [['--full'], { command: 'run', ids: [], json: false, full: true }],
  [['list'], { command: 'list', ids: [], json: false, full: false }],
  [['list', 'L4', '--json'], { command: 'list', ids: ['L4'], json: true, full: false }],
  [['help'], { command: 'help', ids: [], json: false, full: false }],
  [['-h'], { command: 'help', ids: [], json: false, full: false }],
])('%s is understood', (args, options) => {
  expect(parseOptions(args)).toEqual(options)
})

test('an option that does not exist is refused by name', () => {
  expect(() => parseOptions(['--jsno'])).toThrow(`Unknown option '--jsno'`)
})

const make = (id: string, expected: string) =>
  defineProgram({
    id,
    section: 'Order',
    title: `Program ${id}`,
    idea: 'Prints hello.',
    expected: [expected],
    async run({ print }) {
      print('hello')
    },
  })
const programs = [make('good', 'hello'), make('bad', 'goodbye')]

/** Runs the command line; the exit code and what was shown, with times as 0 ms. */
async function command(...args: string[]) {
  const said: string[] = []
  const complaints: string[] = []
  const code = await main(args, programs, {
    say: (text) => said.push(text.replaceAll(/ +\d+ ms/g, ' 0 ms').replaceAll(/"ms": \d+/g, '"ms": 0')),
    complain: (text) => complaints.push(text),
    paint: painter(false),
  })
  return { code, said, complaints }
}

test('a program whose output is as expected ends with code 0', async () => {
  expect(await command('good')).toEqual({
    code: 0,
    said: ['Order', 'good Program good\n     Prints hello.', '     ✓ async 0 ms  hello', '\n1 of 1 runs as expected'],
    complaints: [],
  })
})

test('one program with other output is enough for code 1, in both kinds of output', async () => {
  const { code, said } = await command()
  expect([code, said.at(-1)]).toEqual([
    1,
    '\n1 of 2 runs as expected; not so: bad\nWhat they print: npm start -- --full, or npm start -- L4. A loop to watch: npm start -- serve',
  ])
  const json = await command('bad', '--json')
  expect([json.code, JSON.parse(json.said.join(''))]).toEqual([
    1,
    [
      {
        id: 'bad',
        section: 'Order',
        title: 'Program bad',
        form: 'async',
        lines: ['hello'],
        ok: false,
        problem: 'line 1 should be "goodbye", but is "hello"',
        ms: 0,
      },
    ],
  ])
})

test('the tour is a line a program, with the output of those alone that went wrong', async () => {
  const { said } = await command()
  expect(said.slice(0, -1).map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'Order',
    ' ✓ good Program good 0 ms',
    ' ✗ bad Program bad 0 ms',
    ' ✗ async 0 ms hello\n line 1 should be "goodbye", but is "hello"\n expected: goodbye',
  ])
  const full = await command('--full')
  expect(full.said.filter((line) => line.includes('hello')).length).toBe(4)
})

test('the tour begins with three programs in full, and names none of them twice', async () => {
  const ids = ['D4', 'G1', 'D5', 'L1']
  const said: string[] = []
  await main(
    [],
    [...ids].reverse().map((id) => make(id, 'hello')),
    {
      say: (text) => said.push(text),
      complain: () => {},
      paint: painter(false),
    },
  )
  expect(said.filter((text) => text.includes('Program ')).map((text) => /(\w\d) +Program/.exec(text)?.[1])).toEqual(ids)
  expect(said.filter((text) => text.includes('hello')).length).toBe(3 * 2)
})

test('an unknown program and an unknown option end with code 2 and say what there is', async () => {
  const program = await command('L99')
  expect([program.code, program.said]).toEqual([2, []])
  expect(program.complaints[0]).toContain('UnknownProgramError: there is no program "L99"; there are good, bad')
  const option = await command('--jsno')
  expect(option.code).toBe(2)
  expect(option.complaints[0]).toContain('npm start -- list')
})

test('list and help show and run nothing', async () => {
  expect(await command('list')).toEqual({
    code: 0,
    said: ['Order\ngood Program good\nbad  Program bad'],
    complaints: [],
  })
  expect(JSON.parse((await command('list', 'bad', '--json')).said[0]!)).toEqual([
    { id: 'bad', section: 'Order', title: 'Program bad', idea: 'Prints hello.' },
  ])
  expect((await command('--help')).said[0]).toContain('the tour: three programs')
})
