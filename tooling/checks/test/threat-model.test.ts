import { expect, test } from 'vitest'
import { claims } from '../checks/threat-model.mjs'
import { workspaceOf } from '../workspace.mjs'

test('a claim without a test is reported with its line; other tables are not looked at', () => {
  const text = [
    '| claim | test |',
    '| --- | --- |',
    '| held | [a](../packages/a/test/a.test.ts), by two |',
    '| wished | see above |',
    '| also wished | [a](../packages/a/src/a.ts) |',
    '',
    '| limit | default |',
    '| --- | --- |',
    '| lines | 64 KiB |',
  ].join('\n')
  expect(claims(workspaceOf({ 'docs/threat-model.md': text }))).toEqual([
    'docs/threat-model.md:4: no test stands behind this claim',
    'docs/threat-model.md:5: no test stands behind this claim',
  ])
  expect(claims(workspaceOf({ 'docs/threat-model.md': 'all is well' }))).toEqual(['docs/threat-model.md: no claims'])
  expect(claims(workspaceOf({ 'README.md': '| claim |' }))).toEqual([])
})
