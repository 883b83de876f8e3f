// A build runner: steps that need each other, so many at a time, coloured lines as they come; the first failure ends
// what still runs, with everything it has started.
import { gather, getRunningLoop, run, Semaphore, subprocess, taskGroup, type Future } from '@loop/runtime'

interface Step {
  readonly needs?: readonly string[]
  /** What it does, as a program for Node. */
  readonly script: string
}

const COLOURS = [36, 33, 35, 32]
/** Colours are for people; a test, or a file, gets plain text. */
const coloured = process.stdout.isTTY

/** A build of named steps. */
class Build {
  private readonly free: Semaphore
  private readonly ended = new Map<string, Future<void>>()

  constructor(
    private readonly steps: Readonly<Record<string, Step>>,
    children: number,
  ) {
    this.free = new Semaphore(children)
  }

  /** Runs all steps. Throws what the first one that failed threw, when everything has ended. */
  async run(): Promise<void> {
    for (const name of Object.keys(this.steps)) this.ended.set(name, getRunningLoop().createFuture<void>())
    await taskGroup(async (group) => {
      for (const name of Object.keys(this.steps)) group.createTask(() => this.step(name), { name })
    })
  }

  private async step(name: string): Promise<void> {
    const { needs = [], script } = this.steps[name]!
    await gather(needs.map((need) => this.ended.get(need)!))
    await this.free.with(async () => {
      this.say(name, 'begins')
      const program = subprocess.lines(process.execPath, ['-e', script], { stderr: 'stdout', grace: 1000 })
      try {
        for await (const line of program) this.say(name, line)
        this.say(name, 'done')
      } catch (error) {
        this.say(name, (error as Error).name === 'CancelledError' ? 'stopped' : 'failed')
        throw error
      }
    })
    this.ended.get(name)!.setResult()
  }

  private say(name: string, text: string): void {
    const colour = COLOURS[Object.keys(this.steps).indexOf(name) % COLOURS.length]
    const label = name.padEnd(8)
    console.log(coloured ? `\u001b[${colour}m${label}\u001b[0m ${text}` : `${label} ${text}`)
  }
}

await run(async () => {
  const good = new Build(
    {
      compile: { script: "console.log('42 files')" },
      test: { needs: ['compile'], script: "console.log('7 passed')" },
      package: { needs: ['test'], script: "console.log('loop.tgz')" },
    },
    2,
  )
  await good.run()
  console.log('built')

  const bad = new Build(
    {
      watch: { script: 'setInterval(() => {}, 1000)' },
      lint: { script: "setTimeout(() => { console.error('1 problem'); process.exitCode = 1 }, 500)" },
    },
    2,
  )
  await bad.run().catch((failure: AggregateError) => {
    for (const error of failure.errors as Error[]) console.log('not built:', error.name)
  })
})

/* Prints:
compile  begins
compile  42 files
compile  done
test     begins
test     7 passed
test     done
package  begins
package  loop.tgz
package  done
built
watch    begins
lint     begins
lint     1 problem
lint     failed
watch    stopped
not built: CalledProcessError
*/
