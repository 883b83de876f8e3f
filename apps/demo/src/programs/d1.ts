import { run, sleep } from '@loop/core'
import { debugLoop, deterministicLoop } from '@loop/policy'
import { defineProgram } from '../program.ts'

function greet(_name: string): void {}

export const program = defineProgram({
  id: 'D1',
  section: 'Policies',
  title: 'A debug loop logs what is scheduled, and each turn',
  idea: 'callSoon, callLater and callAt on a debug loop over a loop in virtual time; the log is the output.',
  expected: [
    /^callSoon greet\('soon'\) at main \(.*d1.*:\d+:\d+\)$/,
    /^callLater 100 ms greet\('later'\) at main \(.*d1.*\)$/,
    /^callAt 250 ms greet\('at'\) at main \(.*d1.*\)$/,
    'turn 1: 0 events, 0 timers, 1 handles, no wait',
    'turn 2: 0 events, 0 timers, 1 handles, wait 100 ms',
    'turn 3: 0 events, 1 timers, 1 handles, wait 150 ms',
    'turn 4: 0 events, 1 timers, 1 handles, wait 50 ms',
    /^turn 5: 0 events, 1 timers, 1 handles, no wait$/,
    /^turn 6: /,
    /^turn 7: /,
  ],

  async runAlone({ print }) {
    const lines: string[] = []
    const loopFactory = debugLoop({ log: (line) => lines.push(line), loopFactory: deterministicLoop() })
    const loop = loopFactory()
    await run(
      async function main() {
        loop.callSoon(greet, 'soon')
        loop.callLater(100, greet, 'later')
        loop.callAt(250, greet, 'at')
        await sleep(300)
      },
      { loopFactory: () => loop },
    )
    // What follows is the clean end of `run`.
    for (const line of lines.slice(0, 10)) print(line)
  },
})
