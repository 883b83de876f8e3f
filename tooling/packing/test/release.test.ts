import { describe, expect, it } from 'vitest'
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
      '12 changesets wait: run "pnpm changeset version" and commit what it writes.',
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
