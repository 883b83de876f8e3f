import { Program } from '@loop/test-kit'
import { expect, test } from 'vitest'

const program = (name: string, ...args: string[]): Program =>
  new Program(new URL(`programs/${name}.ts`, import.meta.url), args)

test('a signal ends the program in phases, waits for every clean-up and reports the one that failed', async () => {
  await using workers = program('three-workers')
  await workers.line('ready')
  workers.kill('SIGTERM')
  expect(await workers.end()).toEqual({
    code: 0,
    signal: null,
    errors: '',
    lines: [
      'ready',
      'stopped accepting',
      'one cleaned up',
      'two cleaned up',
      'three cleaned up',
      'closed the connection to the pool',
      'closed the pool',
      'SIGTERM done two: Error: disk full',
      'listeners 0',
    ],
  })
})

test('a clean-up that hangs is cut at the deadline, with a report of what it waits for and where', async () => {
  await using hanging = program('hanging-worker', '200')
  await hanging.line('ready')
  hanging.kill('SIGTERM')
  const { code, lines } = await hanging.end()
  expect(code).toBe(128 + 15)
  expect(lines).toEqual([
    'ready',
    'SIGTERM 1',
    'hanging',
    "cut in 'close'",
    'stubborn (stubborn) did not end by itself and was cancelled; it waited for Sleep at stubborn (here)',
    'stubborn (stubborn) did not end; it waits for Future at stubborn (here)',
  ])
})

test('a second signal forces the end', async () => {
  await using hanging = program('hanging-worker', '60000')
  await hanging.line('ready')
  hanging.kill('SIGINT')
  await hanging.line('hanging')
  hanging.kill('SIGINT')
  const { code, lines } = await hanging.end()
  expect(code).toBe(128 + 2)
  expect(lines.slice(0, 5)).toEqual(['ready', 'SIGINT 1', 'hanging', 'SIGINT 2', "cut in 'cancel tasks'"])
})

test('SIGHUP twice reloads twice, one after the other', async () => {
  await using reloading = program('reload')
  await reloading.line('ready')
  reloading.kill('SIGHUP')
  await reloading.line('reload 1 begins')
  reloading.kill('SIGHUP')
  expect((await reloading.end()).lines).toEqual([
    'ready',
    'reload 1 begins',
    'reload 1 ends',
    'reload 2 begins',
    'reload 2 ends',
    'listeners 0',
  ])
})

test('a signal during a callback that blocks is delivered after it', async () => {
  await using blocked = program('blocked')
  await blocked.line('blocking')
  blocked.kill('SIGUSR2')
  expect((await blocked.end()).lines).toEqual(['blocking', 'unblocked', 'got SIGUSR2', 'listeners 0'])
})

test('the last handler set is the one that runs, and removing it restores the default action', async () => {
  await using removing = program('default-action')
  await removing.line('ready')
  removing.kill('SIGTERM')
  await removing.line('removed true false')
  removing.kill('SIGTERM')
  expect(await removing.end()).toMatchObject({
    code: null,
    signal: 'SIGTERM',
    lines: ['ready', 'second', 'removed true false'],
  })
})

test('Ctrl+C cancels the main task, which cleans up', async () => {
  await using interrupted = program('interrupt')
  await interrupted.line('ready')
  interrupted.kill('SIGINT')
  expect(await interrupted.end()).toMatchObject({
    code: 0,
    lines: ['ready', 'cleaned up', 'InterruptedError true', 'listeners 0'],
  })
})
