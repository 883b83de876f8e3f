import { sleep } from '@loop/core'
import { LoopMonitor } from '@loop/monitor'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'P3',
  section: 'Patterns',
  title: 'A loop monitor',
  idea: 'A callback blocks the loop for 500 ms; the monitor, with a threshold of 200 ms, warns once, and says who it was.',
  expected: [
    /^warning: blocked for [4-6]\d\d ms by compressImages \(callback\); no heartbeat for [4-7]\d\d ms$/,
    'warnings: 1',
  ],
  realTime: true,

  async run({ loop, print }) {
    function compressImages(): void {
      const until = performance.now() + 500
      while (performance.now() < until);
    }
    using monitor = new LoopMonitor({
      threshold: 200,
      interval: 100,
      onBlocked({ duration, kind, name, silence }) {
        print(
          `warning: blocked for ${Math.round(duration)} ms by ${name} (${kind}); no heartbeat for ${Math.round(silence)} ms`,
        )
      },
    })
    monitor.start(loop)
    await sleep(290)
    loop.callSoon(compressImages)
    await sleep(800)
    print(`warnings: ${monitor.blocked().count}`)
  },
})
