/**
 * A start that hangs, as the first argument says: at a sleep, at a promise of somebody else, in spite of being
 * cancelled, or not at all.
 */
import { getRunningLoop, sleep } from '@loop/core'
import { gracefulShutdown } from '../../src/index.ts'
import { print, runProgram } from './support.ts'

const [, , where = ''] = process.argv

await runProgram(async function main() {
  const shutdown = gracefulShutdown({ timeout: 1000 })
  shutdown.close(() => {
    print('closed')
  }, 'database')
  getRunningLoop().createTask(
    async () => {
      try {
        await sleep(60_000)
      } finally {
        await sleep(20)
        print('worker cleaned up')
      }
    },
    { name: 'worker' },
  )
  await sleep(0)
  try {
    print('starting')
    if (where === 'sleep') await sleep(60_000)
    if (where === 'promise') await new Promise(() => {})
    while (where === 'stubborn') await sleep(60_000).catch(() => {})
    if (where === 'slow') await sleep(200)
    print('started')
    print((await shutdown.wait()).phase)
  } finally {
    await sleep(10)
    print('main cleaned up')
  }
})
