/**
 * When a program that uses an executor ends: by itself, once nothing is awaited, and never before. Run as real
 * programs.
 */
import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { useBundle } from './bundle.ts'

const bundle = useBundle()

interface Ended {
  readonly code: number | null
  readonly stdout: string
}

async function program(code: string): Promise<Ended> {
  return await runFile(await bundle.program(code))
}

async function runFile(file: string): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [file], { timeout: 20_000 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : ((error as { code?: number | null }).code ?? null), stdout })
    })
  })
}

const kinds = ['ThreadPoolExecutor', 'ProcessPoolExecutor']

test.each(kinds)('%s: an idle pool does not keep the process alive', async (kind) => {
  const ended = await program(`
    const pool = new ${kind}({ maxWorkers: 2 })
    console.log(await pool.submit((n) => n + 1, [1]))`)
  expect(ended).toEqual({ code: 0, stdout: '2\n' })
})

test.each(kinds)('%s: a pool with work does', async (kind) => {
  const ended = await program(`
    const pool = new ${kind}({ maxWorkers: 1 })
    pool.submit(async () => { await new Promise((r) => setTimeout(r, 50)); return 'late' }, []).then(console.log)`)
  expect(ended).toEqual({ code: 0, stdout: 'late\n' })
})

test.each(kinds)('%s: so does a pool whose only worker has died with tasks waiting', async (kind) => {
  const ended = await program(`
    const pool = new ${kind}({ maxWorkers: 1 })
    pool.submit(() => process.exit(1), []).catch((error) => console.log(error.name))
    pool.submit((n) => n, [5]).then(console.log)`)
  expect(ended).toEqual({ code: 0, stdout: 'BrokenExecutorError\n5\n' })
})

test.each(kinds)('%s: minWorkers that nobody used do not', async (kind) => {
  expect(await program(`new ${kind}({ minWorkers: 2 }); console.log('ended')`)).toEqual({ code: 0, stdout: 'ended\n' })
})

test.each(kinds)('%s: shutdown is waited for', async (kind) => {
  const ended = await program(`
    const pool = new ${kind}({ maxWorkers: 1 })
    await pool.submit((n) => n, [1])
    await pool.shutdown()
    console.log(pool.statistics().workers)`)
  expect(ended).toEqual({ code: 0, stdout: '0\n' })
})

test('a module named by a loader is found in a bundle, where its file has another name', async () => {
  const { folder } = bundle
  const source = join(folder, 'source')
  await mkdir(source)
  await writeFile(join(source, 'work.mjs'), 'export const double = (n) => n * 2')
  await writeFile(
    join(source, 'main.mjs'),
    `import { ThreadPoolExecutor, moduleTasks } from ${JSON.stringify(join(folder, 'index.mjs'))}
    const work = moduleTasks(() => import('./work.mjs'), import.meta.url)
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    console.log(await pool.submit(work.double, [21]))`,
  )
  const outdir = join(folder, 'bundled')
  await build({
    entryPoints: [join(source, 'main.mjs')],
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    outdir,
    outExtension: { '.js': '.mjs' },
  })
  await rm(source, { recursive: true })
  expect(await runFile(join(outdir, 'main.mjs'))).toEqual({ code: 0, stdout: '42\n' })
})

test.each(kinds)('%s: a bundle of everything in one program ships its workers along', async (kind) => {
  const ended = await program(`
    await using_(new ${kind}({ maxWorkers: 1 }))
    async function using_(pool) { console.log(await pool.submit((a, b) => ({ sum: a + b }), [1, 2])); await pool.shutdown() }`)
  expect(ended).toEqual({ code: 0, stdout: '{ sum: 3 }\n' })
})
