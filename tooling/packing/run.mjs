// npm run test:packages: packs the published packages and uses them as strangers would; with names, sync net, some
// of them. Works in a fresh clone too: what it imports before it has installed is relative.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare, turbo } from '../bootstrap/prepare.mjs'
import { stage } from '../bootstrap/stage.mjs'
import { summary } from '../bootstrap/totals.mjs'

/** Prepares, checks everything, prints what was found; returns the exit code. */
async function main() {
  const env = await prepare()
  if (env === undefined || !(await turbo('build', ['build', '--filter=./packages/*'], env))) return 1
  Object.assign(process.env, env)
  const { Checks } = await import('./checks.mjs')
  // Windows and macOS have links in the path of their temporary folder; compilers tell files apart by their real path.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loop-packages-')))
  try {
    const checks = new Checks(folder, process.argv.slice(2))
    for (const [name, work] of checks.stages()) await stage(name, work)
    const { results, notes } = checks
    console.log(
      [
        '',
        ...notes,
        '',
        ...results.skipped.map((text) => `skipped  ${text}`),
        ...results.problems.map((text) => `failed   ${text}`),
      ].join('\n'),
    )
    console.log(summary(results.totals()))
    return results.problems.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
