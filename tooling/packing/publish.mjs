// node tooling/packing/publish.mjs FOLDER: publishes the tarballs that `npm run release` made. It uses Node and npm alone, so
// that whoever holds the right to publish runs nothing that was installed: no dependency, no build tool.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const [folder, ...options] = process.argv.slice(2)

/** The files that the list of sums names; throws when one has changed. */
function tarballs(/** @type {string} */ from) {
  const lines = readFileSync(join(from, 'SHA256SUMS'), 'utf8').trim().split('\n')
  const files = lines.map((line) => {
    const [sum, name = ''] = line.split(/\s+/)
    const found = createHash('sha256')
      .update(readFileSync(join(from, name)))
      .digest('hex')
    if (found !== sum) throw new Error(`${name} is not the file that was made: its sum is ${found}, not ${sum}`)
    return name
  })
  return files.filter((name) => name.endsWith('.tgz'))
}

/** @param {readonly string[]} args */
const npm = (...args) => spawnSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32' })

/** "loop-core-1.2.3.tgz" → the name and version in its package.json. @param {string} file */
function identity(file) {
  const { stdout } = spawnSync('tar', ['-xzOf', file, 'package/package.json'], { encoding: 'utf8' })
  const { name, version } = JSON.parse(stdout)
  return `${name}@${version}`
}

if (folder === undefined) {
  console.error('usage: node tooling/packing/publish.mjs FOLDER [options of npm publish, such as --dry-run]')
  process.exit(2)
}
for (const name of tarballs(folder)) {
  const file = resolve(folder, name)
  const what = identity(file)
  if (npm('view', what, 'version').stdout.trim() !== '') {
    console.log(`${what} is published already`)
    continue
  }
  const { status, stderr } = npm('publish', file, ...options)
  if (status !== 0) {
    console.error(stderr)
    process.exit(1)
  }
  console.log(`${what} published`)
}
