import { EventLoop } from '@loop/core'
import { ProcessSignals } from '@loop/signals'
import { Event } from '@loop/sync'
import { defineProgram } from '../program.ts'

export const program = defineProgram({
  id: 'G3',
  section: 'Signals',
  title: 'A server that runs until Ctrl+C',
  idea: 'The handler is a plain function that sets an Event; a coroutine function is refused.',
  expected: [
    'refused: TypeError',
    'serving, Ctrl+C to stop',
    'got SIGINT',
    'stopped',
    'handler removed: true, again: false',
  ],
  realTime: true,
  loopFactory: () => new EventLoop({ signals: new ProcessSignals() }),

  async run({ loop, print }) {
    const stopping = new Event()
    try {
      loop.addSignalHandler('SIGINT', async () => {
        await stopping.wait()
      })
    } catch (error) {
      print(`refused: ${(error as Error).name}`)
    }
    loop.addSignalHandler(
      'SIGINT',
      (signal: string) => {
        print(`got ${signal}`)
        stopping.set()
      },
      'SIGINT',
    )
    print('serving, Ctrl+C to stop')
    // What the terminal does at Ctrl+C.
    loop.callLater(50, () => process.kill(process.pid, 'SIGINT'))
    await stopping.wait()
    print('stopped')
    print(`handler removed: ${loop.removeSignalHandler('SIGINT')}, again: ${loop.removeSignalHandler('SIGINT')}`)
  },
})
