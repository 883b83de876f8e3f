import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CommandError, node, progressOn, stage } from '../stage.mjs'

let shown: PassThrough

beforeEach(() => {
  shown = new PassThrough({ encoding: 'utf8' })
  progressOn(shown as unknown as NodeJS.WriteStream)
})
afterEach(() => progressOn(process.stdout))

/** What was shown, without the times, which differ. */
const text = () => String(shown.read()).replaceAll(/\(\d+\.\d s\)/g, '(time)')

test('a stage shows its name, a note and its time on one line', async () => {
  expect(await stage('install', async () => 'unchanged')).toBe(true)
  expect(await stage('lint', async () => {})).toBe(true)
  expect(text()).toBe('install .... unchanged (time)\nlint ....... done (time)\n')
})

test('a stage whose command fails shows what the command printed, and does not throw', async () => {
  const script = `console.log('half way'); console.error('broken'); process.exitCode = 3`
  expect(await stage('build', async () => void (await node(['-e', script])))).toBe(false)
  const lines = text().split('\n')
  expect(lines.slice(0, 3)).toEqual(['build ...... failed (time)', 'half way', 'broken'])
  expect(lines[3]).toContain('ended with code 3')
})

test('output of a command that succeeds is its result, not shown', async () => {
  expect(await node(['-e', `console.log('quiet')`])).toBe('quiet\n')
  expect(shown.read()).toBe(null)
})

test('a command that takes too long is ended, and that is a command error', async () => {
  await expect(node(['-e', 'setInterval(() => {}, 1000)'], { timeout: 50 })).rejects.toThrow(CommandError)
})
