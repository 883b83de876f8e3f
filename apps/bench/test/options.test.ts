import { expect, test } from 'vitest'
import { readOptions, UsageError } from '../src/options.mjs'

test('names come in lists, by commas or by repeating the option', () => {
  expect(readOptions(['--scenario', 'echo,call-soon', '--against', 'uvloop', '--against', 'node-net'])).toMatchObject({
    scenarios: ['echo', 'call-soon'],
    against: ['uvloop', 'node-net'],
  })
})

test('lines of Node come in the order of their meaning', () => {
  expect(readOptions(['--nodes', '26,24']).nodes).toEqual(['26', '24'])
})

test('what is not given is left out', () => {
  expect(readOptions([])).toEqual({
    quick: false,
    list: false,
    help: false,
    goals: false,
    force: false,
    'no-build': false,
  })
})

test('--json alone means standard output, with a name the file', () => {
  expect(readOptions(['--json']).json).toBe('-')
  expect(readOptions(['--json', '--quick'])).toMatchObject({ json: '-', quick: true })
  expect(readOptions(['--json', 'out.json', '--quick'])).toMatchObject({ json: 'out.json', quick: true })
})

test('a leading -- of a package manager is nothing', () => {
  expect(readOptions(['--', '--quick']).quick).toBe(true)
})

test.each([
  [['--rounds', 'many'], '--rounds takes a whole number above 0, not many'],
  [['--rounds', '0'], '--rounds takes a whole number above 0, not 0'],
  [['--nodes', '24,old'], '--nodes takes numbers such as 24,20, not old'],
  [['--fast'], "Unknown option '--fast'"],
  [['echo'], "Unexpected argument 'echo'"],
  [['--suite', ','], 'a list of names is empty: suites'],
])('%j is refused: %s', (args, message) => {
  expect(() => readOptions(args)).toThrow(UsageError)
  expect(() => readOptions(args)).toThrow(message)
})

test('a refused argument comes with what exists', () => {
  expect(() => readOptions(['--fast'])).toThrow(/--quick .*--suite NAMES.*--compare REVISION/s)
})
