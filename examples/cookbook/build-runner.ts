// A build runner: steps run as soon as what they need is done, two commands at a time; the first failure ends the others.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { getRunningLoop, run, Semaphore, taskGroup, type Task } from '@loop/runtime'

interface Step {
  readonly needs?: readonly string[]
  /** A script for Node, which stands here for a compiler. */
  readonly script: string
}

const execute = promisify(execFile)

async function build(steps: Record<string, Step>): Promise<void> {
  const loop = getRunningLoop()
  const places = new Semaphore(2)
  const started = new Map<string, Task<void>>()
  await taskGroup(async (group) => {
    const start = (name: string): Task<void> => {
      const known = started.get(name)
      if (known !== undefined) return known
      const { needs = [], script } = steps[name]!
      const before = needs.map(start)
      const task = group.createTask(
        async () => {
          for (const each of before) await each
          await places.with(async () => {
            // Cancelled, the command is killed: the group ends when none is left.
            await loop.wrap((signal) => execute(process.execPath, ['-e', script], { signal }))
          })
          console.log('built', name)
        },
        { name },
      )
      started.set(name, task)
      return task
    }
    for (const name of Object.keys(steps)) start(name)
  })
}

const wait = (ms: number) => `setTimeout(() => {}, ${ms})`

await run(async () => {
  await build({
    bundle: { needs: ['compile', 'styles'], script: wait(0) },
    compile: { needs: ['generate'], script: wait(0) },
    styles: { needs: ['generate'], script: wait(300) },
    generate: { script: wait(0) },
  })
  try {
    await build({
      slow: { script: wait(60_000) },
      broken: { script: 'process.exit(2)' },
      after: { needs: ['broken'], script: wait(0) },
    })
  } catch (error) {
    const [first] = (error as AggregateError).errors as (Error & { code?: number })[]
    console.log('failed with code', first?.code, 'and', (error as AggregateError).errors.length, 'error')
  }
})

/* Prints:
built generate
built compile
built styles
built bundle
failed with code 2 and 1 error
*/
