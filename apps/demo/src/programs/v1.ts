import { EventLoop, gather, run, sleep } from '@loop/core'
import { nativeLoop } from '@loop/runtime'
import { defineProgram } from '../program.ts'

const TASKS = 10_000

/** The tasks, each awaiting `sleep(0)` once; whether they ended in the order in which they were made. */
async function tenThousand(loop: EventLoop, asGenerators: boolean): Promise<boolean> {
  const ended: number[] = []
  const tasks = Array.from({ length: TASKS }, (_, number) =>
    loop.createTask(
      asGenerators
        ? function* () {
            yield* sleep(0)
            ended.push(number)
          }
        : async () => {
            await sleep(0)
            ended.push(number)
          },
    ),
  )
  await gather(tasks)
  return ended.length === TASKS && ended.every((number, position) => number === position)
}

export const program = defineProgram({
  id: 'V1',
  section: 'Speed',
  title: '10,000 tasks that each await sleep(0)',
  idea: 'The same program on the default loop and on the native one, in both forms of coroutine; how long it took is told, not promised.',
  expected: ['default loop, async', 'default loop, generator', 'native loop, async', 'native loop, generator'].map(
    (how) => new RegExp(`^${how}: 10000 tasks ended in order: true, [\\d.]+ s$`),
  ),

  async runAlone({ print }) {
    for (const [name, make] of [
      ['default', () => new EventLoop()],
      ['native', nativeLoop],
    ] as const) {
      for (const form of ['async', 'generator']) {
        const loop = make()
        const began = performance.now()
        const inOrder = await run(() => tenThousand(loop, form === 'generator'), { loopFactory: () => loop })
        const seconds = (performance.now() - began) / 1000
        print(`${name} loop, ${form}: ${TASKS} tasks ended in order: ${inOrder}, ${seconds.toFixed(3)} s`)
      }
    }
  },
})
