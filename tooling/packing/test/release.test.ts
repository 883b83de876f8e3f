import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { obstacles } from '../obstacles.mjs'

const ready = {
  uncommitted: false,
  changesets: 0,
  manifests: [{ name: '@loop/core', repository: { type: 'git', url: 'git+https://example.org/loop.git' } }],
}

describe('a release', () => {
  it('may go ahead when all is committed, no changeset waits and each package says where it comes from', () => {
    expect(obstacles(ready)).toEqual([])
    expect(obstacles({ ...ready, manifests: [{ name: '@loop/core', repository: 'github:someone/loop' }] })).toEqual([])
  })

  it('is refused before that, with what to do', () => {
    expect(obstacles({ uncommitted: true, changesets: 12, manifests: [] })).toEqual([
      'There are uncommitted changes: commit them.',
      '12 changesets wait: run "npm run changeset version" and commit what it writes.',
    ])
  })

  it('is refused for packages without a repository, or with one that nobody can visit', () => {
    const found = obstacles({
      ...ready,
      manifests: [{ name: '@loop/core' }, { name: '@loop/net', repository: { url: '../loop' } }],
    })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^2 packages have no "repository" in package.json \(@loop\/core is the first\)/)
  })
})

describe('publishing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-publish-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('refuses a file that is not the one that was made', () => {
    writeFileSync(join(folder, 'loop-core-1.0.0.tgz'), 'other bytes')
    writeFileSync(join(folder, 'SHA256SUMS'), `${'0'.repeat(64)}  loop-core-1.0.0.tgz\n`)
    const script = fileURLToPath(new URL('../publish.mjs', import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [script, folder, '--dry-run'], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([1, expect.stringContaining('loop-core-1.0.0.tgz is not the file that was made')])
  })
})
