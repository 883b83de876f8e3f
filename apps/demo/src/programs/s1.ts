import type { Selector } from '@loop/core'
import { EventLoop, run, sleep } from '@loop/core'
import { createConnection, createServer } from '@loop/net'
import { isSupported } from '@loop/selector-native'
import { defineProgram } from '../program.ts'
import { selectorsHere } from '../selectors-here.ts'

/** What a selector can watch, in words. */
function watches({ supports }: Selector): string {
  const kinds = [
    supports.fd && 'descriptors',
    supports.pollable && 'pollable objects',
    supports.streams && 'batched streams',
  ]
  return kinds.filter(Boolean).join(', ') || 'timers only, the host does the I/O'
}

/** The same program on each: a timer, and a word over a socket and back. */
async function tryOut(): Promise<string> {
  const server = await createServer(
    () => {
      let answer: (bytes: Buffer) => void
      return {
        connectionMade: (transport) => {
          answer = (bytes) => {
            transport.write(bytes)
          }
        },
        dataReceived: (bytes) => {
          answer(bytes)
        },
      }
    },
    { host: '127.0.0.1', port: 0 },
  )
  const heard: string[] = []
  const [transport] = await createConnection(
    () => ({
      dataReceived: (bytes) => {
        heard.push(bytes.toString())
      },
    }),
    { host: '127.0.0.1', port: server.port },
  )
  transport.write(Buffer.from('echo'))
  while (heard.length === 0) await sleep(1)
  transport.close()
  server.close()
  await server.waitClosed()
  return heard.join('')
}

export const program = defineProgram({
  id: 'S1',
  section: 'Selectors',
  title: 'Which selectors this runtime has',
  idea: 'Each selector that works here, what it watches, and the same echo on a loop over it; the first one is the best.',
  expected: (lines) => {
    const wrong = lines.find(
      (line) => !/^(epoll|kqueue|uv|io_uring|poll|host): .+; echo over it: echo$|^native: not here, .+$/.test(line),
    )
    if (wrong !== undefined) return `unexpected: ${wrong}`
    return lines.some((line) => line.startsWith('poll:')) ? null : 'the poll selector must work everywhere'
  },

  async runAlone({ print }) {
    const native = isSupported()
    if (!native.supported) print(`native: not here, ${native.reason}`)
    for (const make of selectorsHere()) {
      const loop = new EventLoop({ selector: make() })
      const answer = await run(tryOut, { loopFactory: () => loop })
      print(`${loop.selector.name}: ${watches(loop.selector)}; echo over it: ${answer}`)
    }
  },
})
