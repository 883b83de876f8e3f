import { expect, test } from 'vitest'
import { parseOptions } from '../src/options.ts'

test.each([
  [[], { command: 'run', ids: [], json: false }],
  [['L4'], { command: 'run', ids: ['L4'], json: false }],
  [['L4', 'L5', '--json'], { command: 'run', ids: ['L4', 'L5'], json: true }],
  [['list'], { command: 'list', ids: [], json: false }],
  [['list', 'L4', '--json'], { command: 'list', ids: ['L4'], json: true }],
  [['help'], { command: 'help', ids: ['help'], json: false }],
  [['-h'], { command: 'help', ids: [], json: false }],
])('%s is understood', (args, options) => {
  expect(parseOptions(args)).toEqual(options)
})

test('an option that does not exist is refused by name', () => {
  expect(() => parseOptions(['--jsno'])).toThrow(`Unknown option '--jsno'`)
})
