import { expect, test } from 'vitest'
import { hosts, links, longFiles } from '../checks/tidy.mjs'
import { workspaceOf } from '../workspace.mjs'

// Put together here, so that this file itself stays free of what the check looks for.
const registry = ['registry', 'example', 'org'].join('.')
const home = ['', 'home', 'someone', 'loop'].join('/')

test('registry hosts, registry settings and machine paths are reported with their line', () => {
  const files = {
    'README.md': `fine\nget it from https://${registry}/x`,
    '.npmrc': `${'registry'}=http://localhost:4873`,
    'src/a.ts': `const path = '${home}/a.ts'`,
  }
  expect(hosts(workspaceOf(files))).toEqual([
    `.npmrc:1: a registry setting: ${'registry'}=`,
    `README.md:2: a registry host: ${registry}`,
    `src/a.ts:1: a path of one machine: ${home.slice(0, -4)}`,
  ])
})

test('the lock file names no address at all', () => {
  const lock = `packages:\n  x@1.0.0:\n    resolution: {${'tarball'}: https://mirror.example/x.tgz}\n`
  expect(hosts(workspaceOf({ 'pnpm-lock.yaml': lock, 'README.md': 'https://example.org' }))).toEqual([
    `pnpm-lock.yaml:3: an address: ${'tarball'}:`,
  ])
})

test('relative paths and addresses that only look alike pass', () => {
  expect(
    hosts(workspaceOf({ 'a.md': 'see docs/work/notes.md, https://example.org/home/x/, the registry of tasks' })),
  ).toEqual([])
})

test('a long source needs a reason at its top', () => {
  const long = 'x()\n'.repeat(401)
  const files = {
    'a.ts': long,
    'b.ts': `// Long because the table is one thought.\n${long}`,
    'c.ts': `${long}// Long because too late`,
    'd.ts': 'x()\n'.repeat(400),
    'e.json': long,
  }
  expect(longFiles(workspaceOf(files))).toEqual([
    'a.ts: 401 lines; split it, or open it with a comment that says "Long because ..."',
    'c.ts: 402 lines; split it, or open it with a comment that says "Long because ..."',
  ])
})

test('a link to a file that is not there is reported; addresses and places in the same file are not looked at', () => {
  const files = {
    'README.md':
      '[core](packages/core), [its readme](packages/core/README.md#use), [x](https://example.org), [up](#top)',
    'packages/core/README.md': 'See [the root](../../README.md)\nand [the guide](docs/guide.md).',
  }
  expect(links(workspaceOf(files))).toEqual(['packages/core/README.md:2: docs/guide.md is not there'])
})
