// Starts a tree that ignores SIGTERM, prints its numbers, and ends in the way that its argument says.
import { getRunningLoop, run, sleep } from '@loop/core'
import { createSubprocessShell } from '@loop/process'

const how = process.argv[2]

await run(async () => {
  const script = `trap '' TERM; sh -c 'echo $$; while :; do sleep 0.05; done' & echo $$; wait`
  const child = await createSubprocessShell(script, { stdout: 'pipe' })
  for (let line = 0; line < 2; line++) console.log((await child.stdout.readLine()).toString().trimEnd())
  if (how === 'exit') process.exit(0)
  if (how === 'error') {
    getRunningLoop().setExceptionHandler(null)
    setTimeout(() => {
      throw new Error('uncaught')
    })
    await sleep(10_000)
  }
})
