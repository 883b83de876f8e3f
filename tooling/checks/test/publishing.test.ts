import { expect, test } from 'vitest'
import { publishing } from '../checks/publishing.mjs'
import { workspaceOf } from '../workspace.mjs'

const complete = {
  name: '@loop/sync',
  version: '0.0.0',
  description: 'Locks.',
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.19' },
  files: ['dist', 'README.md'],
  exports: { '.': { '@loop/source': './src/index.ts', default: './dist/index.js' } },
}
const build = (manifest: object, files: Record<string, string>) =>
  publishing(workspaceOf({ 'packages/sync/package.json': JSON.stringify(manifest), ...files }))
const readme = {
  'packages/sync/README.md':
    '# @loop/sync\n\nLocks.\n\n```\nnpm install @loop/sync\n```\n\n```ts\n…\n```\n\n## Limits\n\n## Stability\n',
}
const changeset = { '.changeset/first.md': `---\n'@loop/sync': minor\n---\n\nLocks.` }

test('a complete package with a changeset passes; a released one needs none', () => {
  expect(build(complete, { ...readme, ...changeset })).toEqual([])
  expect(build({ ...complete, version: '0.1.0' }, readme)).toEqual([])
})

test('a missing readme and a missing changeset are reported', () => {
  const about = { '.changeset/other.md': `---\n'@loop/net': minor\n---\n\nNot "@loop/sync".` }
  expect(build(complete, about)).toEqual([
    'packages/sync: README.md is missing',
    'packages/sync: never released and no changeset names it (npm run changeset)',
  ])
})

test('what a package.json lacks is reported', () => {
  const poor = {
    name: '@loop/sync',
    version: '1.0.0',
    scripts: { postinstall: 'node x.js' },
    exports: { '.': { default: './dist/index.js', '@loop/source': './src/index.ts' } },
  }
  expect(build(poor, readme)).toEqual([
    'packages/sync: package.json: "license" is not MIT',
    'packages/sync: package.json: "type" is not module',
    'packages/sync: package.json: "sideEffects" is not false',
    'packages/sync: package.json: "description" is missing',
    'packages/sync: package.json: "engines.node" is missing',
    'packages/sync: package.json: "files" lacks dist or README.md',
    'packages/sync: package.json: it has an install script',
    'packages/sync: package.json: the first condition of "." is not @loop/source',
  ])
})

test('what a README lacks is reported', () => {
  expect(
    build(
      { ...complete, version: '1.0.0' },
      { 'packages/sync/README.md': '# @loop/sync\n\nnpm install it.\n\n## Limits\n' },
    ),
  ).toEqual(['packages/sync: README.md lacks "```ts"', 'packages/sync: README.md lacks "## Stability"'])
})

test('private packages are not asked', () => {
  expect(build({ name: '@loop/sync', private: true }, {})).toEqual([])
})
