import { expect, test } from 'vitest'
import { callSite, fileOf } from '../src/call-site.ts'

test('a place is the same file as a path and as a URL, on every system', () => {
  expect(
    [
      'file:///srv/my%20app/main.ts:3:5',
      '/srv/my app/main.ts:3:5',
      'file:///C:/my%20app/main.ts:3:5',
      'C:\\my app\\main.ts:3:5',
      'file://server/share/main.ts:3:5',
      '\\\\server\\share\\main.ts:3:5',
      'file:///srv/100%/main.ts:3:5',
      'node:internal/timers:1:2',
    ].map(fileOf),
  ).toEqual([
    '/srv/my app/main.ts:3:5',
    '/srv/my app/main.ts:3:5',
    'C:/my app/main.ts:3:5',
    'C:/my app/main.ts:3:5',
    '//server/share/main.ts:3:5',
    '//server/share/main.ts:3:5',
    '/srv/100%/main.ts:3:5',
    'node:internal/timers:1:2',
  ])
})

test('the first frame that is the program’s is found below an installed copy, on every system', () => {
  for (const [own, program] of [
    ['file:///srv/my%20app/node_modules/@loop/core/dist/index.js:1:2', 'file:///srv/my%20app/main.js:3:5'],
    ['C:\\app\\node_modules\\@loop\\core\\dist\\index.js:1:2', 'C:\\app\\main.js:3:5'],
    ['file://server/share/node_modules/@loop/core/dist/index.js:1:2', 'file://server/share/main.js:3:5'],
  ]) {
    expect(callSite(`Error\n    at EventLoop.callSoon (${own})\n    at main (${program})`)).toBe(`main (${program})`)
  }
})
