import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { problemsOf } from '../contents.mjs'
import { publintProblems } from '../lint.mjs'
import { pack, publishedPackages } from '../packages.mjs'

// What can be told from the tarballs alone; npm run test:packages installs and runs them.
const folder = mkdtempSync(join(tmpdir(), 'loop-tarballs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(publishedPackages())('the tarball of $name', (pkg) => {
  it('holds what its package.json names, nothing else, and satisfies publint', async () => {
    const tarball = await pack(pkg, folder)
    expect([...problemsOf(tarball), ...(await publintProblems(tarball))]).toEqual([])
  })
})

describe('a tarball', () => {
  const manifest = { exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } }
  const contents = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']

  it('has no problem when all is there', () => {
    expect(problemsOf({ file: '', contents, manifest })).toEqual([])
  })

  it('must hold every file that package.json names', () => {
    const without = contents.filter((path) => path !== 'dist/index.d.ts')
    expect(problemsOf({ file: '', contents: without, manifest })).toEqual([
      'package.json names dist/index.d.ts, which is not in it',
    ])
  })

  it('must not hold tests, nor lack the licence', () => {
    const changed = [...contents.filter((path) => path !== 'LICENSE'), 'test/turn.test.ts']
    expect(problemsOf({ file: '', contents: changed, manifest })).toEqual([
      'LICENSE is missing',
      'test/turn.test.ts should not be in it',
    ])
  })

  it('must not ask for what only the workspace has, nor run scripts', () => {
    const inside = { ...manifest, scripts: { install: 'make' }, peerDependencies: { '@loop/core': 'workspace:^' } }
    expect(problemsOf({ file: '', contents, manifest: inside })).toEqual([
      'package.json has "scripts"',
      'package.json asks for @loop/core@workspace:^',
    ])
  })
})
