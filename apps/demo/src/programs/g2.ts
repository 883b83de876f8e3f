import { EventLoop, sleep } from '@loop/core'
import { gracefulShutdown, ProcessSignals } from '@loop/signals'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'G2',
  section: 'Signals',
  title: 'SIGHUP reloads the configuration',
  idea: 'Two SIGHUPs, the second one during the first reload: two reloads, one after the other. SIGTERM ends the server.',
  expected: ['version 1', 'reload begins', 'version 2', 'reload begins', 'version 3', 'SIGTERM: done'],
  realTime: true,
  loopFactory: () => new EventLoop({ signals: new ProcessSignals() }),

  async run({ loop, print }) {
    let version = 1
    const send = (signal: NodeJS.Signals): void => void process.kill(process.pid, signal)
    const shutdown = gracefulShutdown({
      async onReload() {
        print('reload begins')
        if (version === 1) send('SIGHUP')
        await sleep(100)
        print(`version ${++version}`)
        if (version === 3) send('SIGTERM')
      },
    })
    print(`version ${version}`)
    loop.callSoon(send, 'SIGHUP')
    const { signal, phase } = await shutdown.wait()
    print(`${signal}: ${phase}`)
  },
})
