import { describe, expect, test } from 'vitest'
import { sleep } from '@loop/core'
import type { Pair } from './support.ts'
import { backends, connectedPair, onLoop, pattern } from './support.ts'

/**
 * A take that is cut short leaves connections for the next one, some of them received already by a ring. What arrives
 * for them in between must not be taken for what was reported before.
 */
describe.each(backends)('bytes that arrive while earlier ones are pending, on %s', (backend) => {
  test.each([
    { connections: 10, size: 64, why: 'a take is halved' },
    { connections: 100, size: 3000, why: 'the memory of a take is used up' },
    { connections: 300, size: 64, why: 'there are more connections than a ring receives for at once' },
  ])('$connections connections with a request in two parts of $size bytes: $why', ({ connections, size }) =>
    onLoop(backend, async (subject) => {
      const { loop, streams } = subject
      const pairs: Pair[] = []
      for (let i = 0; i < connections; i++) pairs.push(await connectedPair(subject))
      const rounds = 5
      for (let round = 0; round < rounds; round++) {
        const first = pairs.map((_, i) => pattern(size, 7 * i + round))
        const second = pairs.map((_, i) => pattern(size, 7 * i + round + 100))
        let parts = 0
        const whole = pairs.map(() => loop.createFuture<Buffer>())
        pairs.forEach(({ far }, i) => {
          const pieces: Buffer[] = []
          far.connection.handler = {
            data(bytes) {
              // The first to be heard: the second parts of all are in the kernel before anybody else is called.
              if (parts++ === 0) {
                pairs.forEach(({ near }, peer) => near.connection.write(second[peer]!))
                streams.flush()
              }
              pieces.push(bytes as Buffer)
              const got = Buffer.concat(pieces)
              if (got.length === 2 * size) whole[i]!.setResult(got)
            },
            eof() {},
            closed: (error) => {
              far.closed(error)
            },
          }
        })
        pairs.forEach(({ near }, i) => near.connection.write(first[i]!))
        const done = Promise.all(whole.map((future) => future.then((bytes) => bytes)))
        for (let turn = 0; turn < 2000 && whole.some((future) => !future.done()); turn++) await sleep(1)
        expect(whole.filter((future) => !future.done())).toHaveLength(0)
        const requests = await loop.wrap(done)
        requests.forEach((bytes, i) => {
          expect(bytes.equals(Buffer.concat([first[i]!, second[i]!]))).toBe(true)
        })
      }
      for (const { near, far } of pairs) {
        near.connection.close()
        far.connection.close()
      }
      for (const { near, far } of pairs) {
        await near.whenClosed
        await far.whenClosed
      }
    }),
  )
})
