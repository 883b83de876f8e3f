// npm run test:stranger: what a stranger does. Empty folder, tarballs, the README's example, as JavaScript and as TypeScript,
// on every runtime; the same types under three compilers with skipLibCheck off; and a project of npm create @loop.
// Works in a fresh clone too: what it imports before it has installed is relative.

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare, turbo } from '../bootstrap/prepare.mjs'
import { CommandError, execute, node, stage } from '../bootstrap/stage.mjs'
import { summary } from '../bootstrap/totals.mjs'
import { root } from '../bootstrap/workspace.mjs'

/** @typedef {import('./results.mjs').Results} Results */

/** What Bun and Deno are given to run a file with; Deno needs leave for what the examples do. */
const argumentsOf = (/** @type {string} */ runtime, /** @type {string} */ file) =>
  runtime === 'deno' ? ['run', '--allow-all', file] : [file]

/** Node takes types away by itself from here on. */
const stripsTypes = (/** @type {{ name: string, version: string }} */ { name, version }) =>
  !name.startsWith('node') || Number(version.split('.')[0]) >= 24 || /^22\.(1[89]|[2-9]\d)\./.test(version)

/** The README's first program. */
function readmeExample() {
  const code = /```(?:ts|js)\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1]
  if (code === undefined) throw new Error('README.md has no program')
  return code
}

/**
 * @param {Results} results
 * @param {string} folder
 */
async function walk(results, folder) {
  const { pack, publishedPackages } = await import('./packages.mjs')
  const { emptyProject, installAll } = await import('./consumer.mjs')
  const { makeProject, runTests, startAndEnd } = await import('./created.mjs')
  const { binaryOf } = await import('../runtimes/fetch.mjs')
  const { runtimesFor } = await import('../runtimes/runtimes.mjs')
  const { compilers, nodeTypes, tool } = await import('./tools.mjs')

  /** @type {string[]} */
  const files = []
  for (const pkg of publishedPackages()) files.push((await pack(pkg, join(folder, 'tarballs'))).file)
  emptyProject(folder)
  const offline = await installAll(files, folder)
  if (offline !== undefined) return results.skip('everything', offline)

  const example = readmeExample()
  writeFileSync(join(folder, 'example.mjs'), example)
  writeFileSync(join(folder, 'example.ts'), example)
  for (const runtime of runtimesFor()) {
    /** @type {string} */
    let binary
    try {
      binary = await binaryOf(runtime)
    } catch (error) {
      results.skip(runtime.name, /** @type {Error} */ (error).message)
      continue
    }
    for (const file of ['example.mjs', 'example.ts']) {
      const what = `the README's example as ${file} on ${runtime.name}`
      if (file.endsWith('.ts') && !stripsTypes(runtime)) results.skip(what, 'this Node runs no TypeScript')
      else {
        await results.check(what, async () => {
          const output = await execute(binary, argumentsOf(runtime.name, join(folder, file)))
          return output.trim() === '' ? ['it printed nothing'] : []
        })
      }
    }
  }

  for (const compiler of compilers) {
    await results.check(`the README's example under TypeScript ${compiler}, skipLibCheck off`, async () => {
      const project = join(folder, `tsc-${compiler}`)
      mkdirSync(project)
      writeFileSync(join(project, 'main.ts'), example)
      const compilerOptions = {
        strict: true,
        noEmit: true,
        target: 'es2022',
        lib: ['es2023', 'esnext.disposable', 'dom'],
        skipLibCheck: false,
        module: 'nodenext',
        moduleResolution: 'nodenext',
        types: ['node'],
        typeRoots: [await nodeTypes()],
      }
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))
      try {
        await node([join(await tool('typescript', compiler), 'bin', 'tsc'), '--project', project, '--pretty', 'false'])
        return []
      } catch (error) {
        if (!(error instanceof CommandError)) throw error
        const own = error.output.split('\n').filter((line) => /error TS/.test(line))
        // What others declare is not in our hands; users have those errors with and without these packages.
        return own.length === 0 ? [error.output] : own.filter((line) => !/^\S*node_modules\/(?!@loop\/)/.test(line))
      }
    })
  }

  /** @type {string | undefined} */
  let project
  await results.check('npm create @loop: made and compiled', async () => {
    project = await makeProject(folder, await nodeTypes(), join(await tool('typescript', '5.9.3'), 'bin', 'tsc'))
    return []
  })
  for (const runtime of runtimesFor().filter(({ name }) => name.startsWith('node'))) {
    if (project === undefined) break
    const made = project
    await results.check(`npm create @loop: its tests, an answer and an end on ${runtime.name}`, async () => {
      const binary = await binaryOf(runtime)
      await runTests(binary, made)
      const { code, output } = await startAndEnd(binary, made)
      return code === 0 ? [] : [`it ended with ${code}\n${output}`]
    })
  }
}

/** Prepares, walks, prints what was found; returns the exit code. */
async function main() {
  const env = await prepare()
  if (env === undefined || !(await turbo('build', ['build', '--filter=./packages/*'], env))) return 1
  Object.assign(process.env, env)
  const { Results } = await import('./results.mjs')
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loop-stranger-')))
  try {
    const results = new Results()
    await stage('stranger', async () => {
      await walk(results, folder)
      return `${results.passed} passed`
    })
    for (const text of results.skipped) console.log(`skipped  ${text}`)
    for (const text of results.problems) console.log(`failed   ${text}`)
    console.log(summary(results.totals()))
    return results.problems.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
