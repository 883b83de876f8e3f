import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { installHash, isInstalled } from '../install.mjs'
import { workspaceFolders } from '../workspace.mjs'

let root: string

const write = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bootstrap-'))
  write('pnpm-workspace.yaml', `packages:\n  - packages/*\n  - 'apps/*'\n  - tooling/*\nother: []\n`)
  write('pnpm-lock.yaml', 'lock')
  write('package.json', '{}')
  write('packages/a/package.json', '{ "devDependencies": { "x": "1" } }')
  write('apps/b/package.json', '{}')
  write('apps/not-a-package/readme.txt', '')
})

afterEach(() => rmSync(root, { recursive: true }))

/** Leaves what an install leaves. */
function installed() {
  mkdirSync(join(root, 'packages/a/node_modules'), { recursive: true })
  write('node_modules/.loop-install', installHash(root))
}

test('workspace folders are those of the workspace file that hold a package', () => {
  expect(workspaceFolders(root)).toEqual(['packages/a', 'apps/b'])
})

test('nothing is installed in a fresh clone; after an install nothing is left to do', () => {
  expect(isInstalled(installHash(root), root)).toBe(false)
  installed()
  expect(isInstalled(installHash(root), root)).toBe(true)
})

test.each(['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'apps/b/package.json'])(
  'a change of %s asks for an install',
  (file) => {
    installed()
    write(
      file,
      file.endsWith('.json') ? '{ "name": "changed" }' : 'packages:\n  - packages/*\n  - apps/*\nchanged: true\n',
    )
    expect(isInstalled(installHash(root), root)).toBe(false)
  },
)

test('a new package and a lost node_modules folder ask for an install', () => {
  installed()
  write('apps/c/package.json', '{}')
  expect(isInstalled(installHash(root), root)).toBe(false)
  installed()
  rmSync(join(root, 'packages/a/node_modules'), { recursive: true })
  expect(isInstalled(installHash(root), root)).toBe(false)
})
