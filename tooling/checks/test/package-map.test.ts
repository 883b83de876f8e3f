import { expect, test } from 'vitest'
import { packageMap, readmeWithMap } from '../checks/package-map.mjs'
import { workspaceOf } from '../workspace.mjs'

const build = (readme: string) =>
  workspaceOf({
    'README.md': readme,
    'packages/core/package.json': '{ "name": "@loop/core", "description": "A loop that costs $1." }',
    'apps/demo/package.json': '{ "name": "@loop/demo", "private": true }',
  })
const empty = 'Top\n<!-- packages: made -->\n<!-- /packages -->\nEnd\n'

test('the table lists the published packages with their descriptions', () => {
  expect(packageMap(build(empty))).toEqual([
    'README.md: the table of packages is out of date (npm run check -- --update)',
  ])
  const full = readmeWithMap(build(empty))!
  expect(full.split('\n')).toEqual([
    'Top',
    '<!-- packages: made -->',
    '',
    '| package | what it is |',
    '| --- | --- |',
    '| [@loop/core](packages/core) | A loop that costs $1. |',
    '',
    '<!-- /packages -->',
    'End',
    '',
  ])
  expect(packageMap(build(full))).toEqual([])
})

test('a README without the place for it is reported', () => {
  expect(packageMap(build('Top'))).toHaveLength(1)
})
