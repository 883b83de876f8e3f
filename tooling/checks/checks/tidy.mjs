// Files that anyone can read and install: no registry hosts, no paths of one machine, no long file without its reason,
// no link to a file that is not there.

import { posix } from 'node:path'
import { longFile } from '../architecture.mjs'
import { isSource } from '../workspace.mjs'

/** What must not stand in any file. The lock file names no host at all, so that it installs from every registry. */
const forbidden = [
  { pattern: /\bregistry\.[a-z0-9-]+\.[a-z]+/i, what: 'a registry host' },
  { pattern: /^\s*(@[\w-]+:)?registry\s*=/m, what: 'a registry setting' },
  { pattern: /(?<![\w.-])\/(?:home|Users)\/[\w.-]+\//, what: 'a path of one machine' },
  { pattern: /(?<![\w.-])\/(?:root|work)\//, what: 'a path of one machine' },
  { pattern: /\b[A-Z]:\\+Users\\/, what: 'a path of one machine' },
]

const lockFile = 'pnpm-lock.yaml'

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function hosts({ files }) {
  return [...files].flatMap(([path, text]) => {
    const rules =
      path === lockFile ? [...forbidden, { pattern: /https?:\/\/|tarball:/, what: 'an address' }] : forbidden
    return rules.flatMap(({ pattern, what }) => {
      const match = pattern.exec(text)
      return match ? [`${path}:${lineAt(text, match.index)}: ${what}: ${match[0].trim()}`] : []
    })
  })
}

const lineAt = (/** @type {string} */ text, /** @type {number} */ index) => text.slice(0, index).split('\n').length

/** How far from the top the reason may stand, in lines. */
const top = 25

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function longFiles({ files }) {
  return [...files].flatMap(([path, text]) => {
    if (!isSource(path) && !/\.(c|cc|h|py)$/.test(path)) return []
    const lines = text.trimEnd().split('\n')
    const reason = lines.slice(0, top).some((line) => /\bLong because\b/.test(line))
    return lines.length > longFile && !reason
      ? [`${path}: ${lines.length} lines; split it, or open it with a comment that says "Long because ..."`]
      : []
  })
}

/** A link or image of Markdown to another file of the repository: neither an address nor a place in the same file. */
const link = /\]\((?![a-z]+:|#)([^)#\s]+)/g

/**
 * @param {import('../workspace.mjs').Workspace} workspace
 * @returns {string[]}
 */
export function links({ files }) {
  const paths = [...files.keys()]
  const exists = (/** @type {string} */ target) =>
    paths.some((path) => path === target || path.startsWith(`${target}/`))
  return paths
    .filter((path) => path.endsWith('.md') && !path.endsWith('.api.md'))
    .flatMap((path) => {
      const text = files.get(path) ?? ''
      return [...text.matchAll(link)].flatMap(({ 1: to = '', index }) => {
        const target = posix.join(posix.dirname(path), to).replace(/\/$/, '')
        return exists(target) ? [] : [`${path}:${lineAt(text, index)}: ${to} is not there`]
      })
    })
}
