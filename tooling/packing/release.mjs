// npm run release -- --dry-run: what the next release would be - versions, changelogs, tarballs - made in a copy of
// the last commit, so that nothing here changes and nothing leaves the machine.
// npm run release: makes the files of a release of what is committed, in release/; publish.mjs publishes them.

import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { CommandError, execute, node } from '../bootstrap/stage.mjs'
import { readJson, root, workspaceFolders } from '../bootstrap/workspace.mjs'
import { problemsOf } from './contents.mjs'
import { pack, publishedPackages } from './packages.mjs'
import { obstacles } from './obstacles.mjs'
import { releaseFiles } from './release-files.mjs'
import { kilobytes } from './sizes.mjs'

const changesets = join(root, 'node_modules', '@changesets', 'cli', 'bin.js')

/** Releases a copy; returns the exit code. */
async function rehearse() {
  const copy = mkdtempSync(join(tmpdir(), 'loop-release-'))
  try {
    await execute('git', ['clone', '--quiet', '--shared', root, copy])
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
    await promisify(execFile)(process.execPath, [changesets, 'version'], { cwd: copy })
    const packages = publishedPackages(copy)
    const all = workspaceFolders(copy).map((folder) => ({
      folder: join(copy, folder),
      name: readJson(join(copy, folder, 'package.json')).name,
    }))
    for (const pkg of packages) useBuild(pkg, all)
    let problems = 0
    for (const pkg of packages) problems += await announce(pkg, join(copy, 'tarballs'), copy)
    for (const obstacle of obstacles({
      uncommitted: false,
      changesets: 0,
      manifests: packages.map(({ folder }) => readJson(join(folder, 'package.json'))),
    })) {
      console.log(`\nBefore a real release: ${obstacle}`)
    }
    console.log(
      problems === 0 ? '\nNothing was published; nothing in this folder has changed.' : `\n${problems} problems`,
    )
    return problems === 0 ? 0 : 1
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/**
 * Gives a copied package what git does not hold: its build, and links to the packages beside it, from which pnpm reads
 * the versions it writes into the tarball.
 * @param {import('./packages.mjs').Package} pkg
 * @param {readonly { name: string, folder: string }[]} all every package of the workspace, private ones too
 */
function useBuild(pkg, all) {
  const built = join(root, 'packages', relative(dirname(pkg.folder), pkg.folder), 'dist')
  if (!existsSync(built)) throw new Error(`${pkg.name} is not built: npm run build`)
  cpSync(built, join(pkg.folder, 'dist'), { recursive: true })
  mkdirSync(join(pkg.folder, 'node_modules', '@loop'), { recursive: true })
  for (const other of all) symlinkSync(other.folder, join(pkg.folder, 'node_modules', other.name), 'junction')
}

/**
 * Packs a package and prints what would be released.
 * @param {import('./packages.mjs').Package} pkg
 * @param {string} destination
 * @param {string} copy root folder of the copy
 * @returns {Promise<number>} how many problems the tarball has
 */
async function announce(pkg, destination, copy) {
  const before = readJson(join(root, relative(copy, pkg.folder), 'package.json')).version
  const tarball = await pack(pkg, destination)
  const { version, peerDependencies = {}, dependencies = {} } = tarball.manifest
  const needs = Object.entries({ ...dependencies, ...peerDependencies }).map(([name, range]) => `${name}@${range}`)
  console.log(
    `\n${pkg.name} ${before} -> ${version}  ${tarball.contents.length} files, ${kilobytes(statSync(tarball.file).size)}`,
  )
  if (needs.length > 0) console.log(`  needs ${needs.join(', ')}`)
  for (const line of changes(join(pkg.folder, 'CHANGELOG.md'))) console.log(`  ${line}`)
  const problems = problemsOf(tarball)
  for (const problem of problems) console.log(`  problem: ${problem}`)
  return problems.length
}

/**
 * The newest section of a changelog.
 * @param {string} file
 * @returns {string[]}
 */
function changes(file) {
  if (!existsSync(file)) return []
  const newest = readFileSync(file, 'utf8').split(/^## /m)[1] ?? ''
  return newest
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
}

/** Makes the release of what is committed; returns the exit code. */
async function make() {
  const inTheWay = obstacles({
    uncommitted: (await execute('git', ['status', '--porcelain'])).trim() !== '',
    changesets: readdirSync(join(root, '.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md')
      .length,
    manifests: publishedPackages().map(({ folder }) => readJson(join(folder, 'package.json'))),
  })
  if (inTheWay.length > 0) {
    for (const obstacle of inTheWay) console.log(obstacle)
    return 1
  }
  await node([join(root, 'tooling', 'packing', 'run.mjs')], { show: true })
  for (const name of await releaseFiles(join(root, 'release'))) console.log(`release/${name}`)
  return 0
}

const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } })
try {
  process.exitCode = await (values['dry-run'] ? rehearse() : make())
} catch (error) {
  console.log(error instanceof CommandError ? `${error.output}\n${error.message}` : String(error))
  process.exitCode = 1
}
