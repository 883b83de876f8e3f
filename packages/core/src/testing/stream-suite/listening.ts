import assert from 'node:assert/strict'
import { sleep } from '../../task/sleep.ts'
import type { ExceptionContext } from '../../contracts/observe.ts'
import type { Cases } from '../suite.ts'
import type { Probe, StreamSubject } from './subject.ts'

/** Milliseconds in which something that must not happen would. */
const QUIET_MS = 20

export const listening: Cases<StreamSubject> = {
  'a port of 0 is chosen, and one that is taken is EADDRINUSE': async (subject) => {
    const { listener, port } = subject.listen(() => {})
    assert.ok(port > 0)
    assert.throws(() => subject.streams.listen({ host: '127.0.0.1', port }, { accepted: () => subject.probe() }), {
      code: 'EADDRINUSE',
      syscall: 'listen',
    })
    listener.close()
    listener.close()
    assert.equal(listener.fd, -1)
    await sleep(0)
  },

  'while it is paused, connections wait in the queue': async (subject) => {
    const accepted: Probe[] = []
    const { listener, port } = subject.listen((probe) => accepted.push(probe))
    listener.pause()
    const near = subject.probe()
    near.connection = subject.streams.connect({ host: '127.0.0.1', port }, near)
    await near.told('connected')
    near.connection.write(Buffer.from('hello'))
    await sleep(QUIET_MS)
    assert.equal(accepted.length, 0)
    listener.resume()
    while (accepted.length === 0) await sleep(1)
    await accepted[0]!.told('data')
    listener.close()
    await subject.end(near, accepted[0]!)
  },

  'a handler that throws loses its own connection only, and the loop is told': async (subject) => {
    const { loop, streams } = subject
    const reports: ExceptionContext[] = []
    const handler = loop.getExceptionHandler()
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    let count = 0
    const good: Probe[] = []
    const listener = streams.listen(
      { host: '127.0.0.1' },
      {
        accepted: (connection) => {
          if (++count === 1) throw new Error('not this one')
          const probe = subject.probe()
          probe.connection = connection
          good.push(probe)
          return probe
        },
      },
    )
    const { port } = listener.address as { port: number }
    const first = subject.probe()
    first.connection = streams.connect({ host: '127.0.0.1', port }, first)
    await first.until(() => first.events.some((event) => event === 'eof' || event.startsWith('closed')))
    const second = subject.probe()
    second.connection = streams.connect({ host: '127.0.0.1', port }, second)
    await second.told('connected')
    while (good.length === 0) await sleep(1)
    loop.setExceptionHandler(handler)
    assert.deepEqual(
      reports.map(({ exception }) => (exception as Error).message),
      ['not this one'],
    )
    listener.close()
    await subject.end(first, second, good[0]!)
  },

  'its connections outlive it': async (subject) => {
    const { near, far } = await subject.pair()
    near.connection.write(Buffer.from('still here'))
    await far.told('data')
    await subject.end(near, far)
  },
}
