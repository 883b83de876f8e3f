import { expect, test } from 'vitest'
import { runForJson } from '../src/processes.mjs'

const node = (code: string) => [process.execPath, '-e', code]

test('the last line of the output is the result', async () => {
  await expect(
    runForJson(node('console.log("warming up"); console.log(JSON.stringify({ rate: 3 }))')),
  ).resolves.toEqual({ rate: 3 })
})

test('a failure says what the program complained of, without paths of the machine', async () => {
  await expect(runForJson(node('throw new RangeError("out of /some/where/sockets")'))).rejects.toThrow(
    'RangeError: out of sockets',
  )
  await expect(runForJson(node('process.exit(7)'))).rejects.toThrow('it ended with code 7')
  await expect(runForJson(node('console.log("no number")'))).rejects.toThrow('it printed no result')
  await expect(runForJson(['/nowhere/at/all'])).rejects.toThrow('ENOENT')
})

test('one that hangs is ended together with what it started', async () => {
  // The grandchild holds the pipe of the output, so this would wait for it for ever.
  const hanging = node(`
    require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
    setInterval(() => {}, 1000)`)
  await expect(runForJson(hanging, { limitMs: 300 })).rejects.toThrow('nothing after 0.3 s')
})
