import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { licenceList, licences, thirdParties } from '../checks/licences.mjs'
import { readWorkspace } from '../workspace.mjs'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'loop-licences-')))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const manifest = (name: string, license: string, more: object = {}) =>
  JSON.stringify({ name, version: '1.2.3', license, ...more })

test('what comes with a package, through others and inside of it, stands in the list; other licences are reported', () => {
  write('packages/net/package.json', manifest('@loop/net', 'MIT', { dependencies: { a: '1', '@loop/core': '1' } }))
  write(
    'packages/executor/package.json',
    manifest('@loop/executor', 'MIT', { devDependencies: { acorn: '8', dev: '1' } }),
  )
  write(
    'packages/net/node_modules/a/package.json',
    manifest('a', 'ISC', { dependencies: { b: '1', a: '1', gone: '1' } }),
  )
  write('node_modules/b/package.json', manifest('b', 'AGPL-3.0'))
  write('node_modules/dev/package.json', manifest('dev', 'AGPL-3.0'))
  write('packages/executor/node_modules/acorn/package.json', manifest('acorn', 'MIT'))
  const workspace = readWorkspace(root)
  expect(licenceList(thirdParties(root, workspace)).split('\n').slice(7, -1)).toEqual([
    '| a | 1.2.3 | ISC | @loop/net |',
    '| acorn | 1.2.3 | MIT | @loop/executor |',
    '| b | 1.2.3 | AGPL-3.0 | @loop/net |',
  ])
  expect(licences(root, workspace)).toEqual([
    '@loop/net: b 1.2.3 is under AGPL-3.0',
    'LICENSES.md is out of date (npm run check -- --update)',
  ])
})
