/**
 * A program that is interrupted while it sleeps; with the argument 'hang' its clean-up never ends, with 'own-loop' it
 * brings its loop.
 */
import { getRunningLoop, nativeLoop, run, sleep } from '../../src/index.ts'

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

try {
  await run(
    async () => {
      try {
        print('ready')
        await sleep(60_000)
      } finally {
        if (process.argv[2] === 'hang') {
          print('cleaning up')
          await getRunningLoop().createFuture()
        }
        await sleep(1)
        print('cleaned up')
      }
    },
    process.argv[2] === 'own-loop' ? { loopFactory: () => nativeLoop() } : {},
  )
} catch (error) {
  print((error as Error).name)
}
print(`listeners ${process.listenerCount('SIGINT')}`)
