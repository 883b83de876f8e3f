import { EventLoop, run, sleep } from '@loop/core'
import { captureTaskGraph, formatTaskTree } from '@loop/monitor'
import { defineProgram } from '../program.ts'
import { selectorsHere } from '../selectors-here.ts'

/** What hooks and introspection tell of a small program on a loop. */
async function look(loop: EventLoop): Promise<string> {
  const told: string[] = []
  let turns = 0
  using _observer = loop.addObserver({
    scheduled: ({ kind, callback }) => told.push(`${kind} ${callback.name}`),
    turnEnded: () => turns++,
  })
  loop.callSoon(function soon() {})
  loop.callLater(1, function later() {})
  const waiter = loop.createTask(() => sleep(60_000), { name: 'waiter' })
  await sleep(5)
  const tree = formatTaskTree(captureTaskGraph(loop)).split('\n').slice(-2).join(' ')
  waiter.cancel()
  return `${told.filter((line) => /soon$|later$/.test(line)).join(', ')}; turns told: ${turns > 0}; ${tree}; ${loop.statistics().tasks} tasks`
}

export const program = defineProgram({
  id: 'S2',
  section: 'Selectors',
  title: 'Hooks and introspection on each of them',
  idea: 'Observers, the task tree and statistics tell the same on every selector, the native ones included.',
  expected: (lines) => {
    const wrong = lines.find(
      (line) => !/^\w+: callSoon soon, callLater later; turns told: true; waiter └── Sleep; 2 tasks$/.test(line),
    )
    return wrong !== undefined
      ? `unexpected: ${wrong}`
      : lines.length >= 2
        ? null
        : 'poll and host must work everywhere'
  },

  async runAlone({ print }) {
    for (const make of selectorsHere()) {
      const loop = new EventLoop({ selector: make() })
      print(`${loop.selector.name}: ${await run(() => look(loop), { loopFactory: () => loop })}`)
    }
  },
})
