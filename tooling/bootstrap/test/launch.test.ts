import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { root } from '../workspace.mjs'

const folder = mkdtempSync(join(tmpdir(), 'loop-launch-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const launcher = fileURLToPath(new URL('../launch.mjs', import.meta.url))

/** Launches a command as `npm run` does, with no folder of pnpm's or of this workspace on PATH. */
function launch(...args: string[]) {
  const PATH = (process.env['PATH'] ?? '').split(delimiter).filter((it) => !/pnpm|node_modules/.test(it))
  // Said of a pnpm, so that nothing is installed.
  const env = { ...process.env, PATH: PATH.join(delimiter), npm_config_user_agent: 'pnpm/0.0.0' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], { env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

function script(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return relative(root, join(folder, name))
}

test('a script gets its arguments, and its exit code is that of the launcher', () => {
  const path = script('code.mjs', `console.log(process.argv.slice(2).join()); process.exitCode = 7`)
  expect(launch(path, '--quick', 'two words')).toEqual({ status: 7, stdout: '--quick,two words\n', stderr: '' })
})

test('the pinned pnpm and the tools of the workspace are on PATH', () => {
  const path = script(
    'tools.mjs',
    `import { execSync } from 'node:child_process'
    for (const tool of ['pnpm', 'prettier']) console.log(tool + ' ' + String(execSync(tool + ' --version')).trim())`,
  )
  const { packageManager, devDependencies } = JSON.parse(
    spawnSync(process.execPath, ['-p', `JSON.stringify(require('./package.json'))`], { cwd: root, encoding: 'utf8' })
      .stdout,
  )
  expect(launch(path)).toEqual({
    status: 0,
    stdout: `${packageManager.split('+')[0].replace('@', ' ')}\nprettier ${devDependencies.prettier}\n`,
    stderr: '',
  })
})

test('a tool runs in the root folder', () => {
  expect(launch('node', '-p', 'process.cwd()').stdout.trim()).toBe(root)
})

test.skipIf(process.platform === 'win32')('a command that is not there, and one that a signal ends, fail', () => {
  expect(launch('no-such-tool')).toMatchObject({ status: 127, stderr: expect.stringContaining('no-such-tool') })
  expect(launch(script('killed.mjs', `process.kill(process.pid, 'SIGKILL')`)).status).toBe(128 + 9)
})
