// A process ends by itself when its loop is done, and not before: each scene is a process of its own.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { EventLoop, getRunningLoop, run, sleep } from '@loop/core'
import { report, same } from './report.mjs'

/** @type {Record<string, { play: () => unknown, output: string }>} */
const scenes = {
  'a task that sleeps keeps the process alive': {
    play: () => run(async () => (await sleep(60), console.log('slept'))),
    output: 'slept\n',
  },
  'a loop that runs forever lives until a timer stops it': {
    play: async () => {
      const loop = new EventLoop()
      loop.callLater(30, () => console.log('tick'))
      loop.callLater(60, () => loop.stop())
      await loop.runForever()
      console.log('stopped')
      loop.close()
    },
    output: 'tick\nstopped\n',
  },
  'a timer that is still waiting when main returns does not hold the process': {
    play: () => run(async () => void getRunningLoop().callLater(3_600_000, () => console.log('never'))),
    output: '',
  },
  'a cancelled timer does not hold the process': {
    play: () =>
      run(async () =>
        getRunningLoop()
          .callLater(3_600_000, () => {})
          .cancel(),
      ),
    output: '',
  },
}

/**
 * Plays a scene in a new process of the same runtime.
 * @param {string} name
 * @returns {Promise<string>} what it printed
 */
const inProcess = (name) =>
  new Promise((resolve, reject) => {
    const script = fileURLToPath(import.meta.url)
    const args = 'Deno' in globalThis ? ['run', '--allow-all', '--no-lock', script, name] : [script, name]
    // Ten seconds is far beyond what a start takes; a process that has not ended by then is held by something.
    execFile(process.execPath, args, { timeout: 10_000 }, (error, stdout, stderr) =>
      error
        ? reject(new Error(`the process ${error.killed ? 'did not end' : `ended with ${error.code}`}: ${stderr}`))
        : resolve(stdout),
    )
  })

const scene = process.argv[2]
if (scene !== undefined) await scenes[scene]?.play()
else
  for (const [name, { output }] of Object.entries(scenes))
    await report(name, async () => same(await inProcess(name), output))
