import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sleep } from '@loop/core'
import { backends, onLoop, portOf, Probe } from './support.ts'

const directory = mkdtempSync(join(tmpdir(), 'loop-native-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

describe.each(backends)('listening on %s', (backend) => {
  test('without a host: both families', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const probes: Probe[] = []
      const listener = streams.listen(
        {},
        {
          accepted(connection) {
            const probe = new Probe(loop)
            probe.connection = connection
            probes.push(probe)
            return probe
          },
        },
      )
      for (const host of ['127.0.0.1', '::1']) {
        const probe = new Probe(loop)
        probe.connection = streams.connect({ host, port: portOf(listener) }, probe)
        await probe.whenConnected
        probe.connection.close()
        await probe.whenClosed
      }
      while (probes.length < 2) await sleep(1)
      for (const probe of probes) {
        await probe.whenEof
        probe.connection.close()
      }
      listener.close()
    }))

  test('a unix socket', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const path = join(directory, `${backend}.sock`)
      const far = new Probe(loop)
      const listener = streams.listen(
        { path },
        {
          accepted(connection) {
            far.connection = connection
            return far
          },
        },
      )
      expect(listener.address).toEqual({ family: 'unix', path })
      const near = new Probe(loop)
      near.connection = streams.connect({ path }, near)
      near.connection.write(Buffer.from('over a path'))
      near.connection.end()
      await far.whenEof
      expect(far.bytes.toString()).toBe('over a path')
      expect(near.connection.remoteAddress).toEqual({ family: 'unix', path })
      far.connection.close()
      near.connection.close()
      await near.whenClosed
      expect(() => streams.listen({ path }, { accepted: () => far })).toThrow(/EADDRINUSE/)
      listener.close()
      expect(existsSync(path)).toBe(true)
      rmSync(path)
      const late = new Probe(loop)
      late.connection = streams.connect({ path }, late)
      await late.whenClosed
      expect(late.events).toEqual(['closed ENOENT'])
    }))

  test.runIf(process.platform === 'linux')('an abstract unix socket', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const path = `\0loop-native-${process.pid}-${backend}`
      const listener = streams.listen(
        { path },
        {
          accepted: (connection) => ({
            data: (bytes) => connection.write(bytes),
            eof: () => {
              connection.close()
            },
            closed() {},
          }),
        },
      )
      expect(listener.address).toEqual({ family: 'unix', path })
      const near = new Probe(loop)
      near.connection = streams.connect({ path }, near)
      near.connection.write(Buffer.from('hello'))
      await near.whenReceived(5)
      near.connection.close()
      await near.whenClosed
      listener.close()
    }),
  )

  test('several sockets share a port with reusePort', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const counts = [0, 0]
      const handler = (index: number) => ({
        accepted: (connection: { close(): void }) => {
          counts[index]!++
          connection.close()
          return { data() {}, eof() {}, closed() {} }
        },
      })
      const first = streams.listen({ host: '127.0.0.1', reusePort: true }, handler(0))
      const second = streams.listen({ host: '127.0.0.1', port: portOf(first), reusePort: true }, handler(1))
      // The kernel chooses by a hash of the addresses: one in 2^40 runs would give all to one.
      const probes = Array.from({ length: 40 }, () => {
        const probe = new Probe(loop)
        probe.connection = streams.connect({ host: '127.0.0.1', port: portOf(first) }, probe)
        return probe
      })
      for (const probe of probes) {
        await probe.whenEof
        probe.connection.close()
        await probe.whenClosed
      }
      expect([counts[0]! + counts[1]!, counts[0]! > 0, counts[1]! > 0]).toEqual([40, true, true])
      first.close()
      second.close()
    }))

  test('a paused listener leaves connections in the queue until it is resumed', () =>
    onLoop(backend, async ({ loop, streams }) => {
      let accepted = 0
      const listener = streams.listen(
        { host: '127.0.0.1' },
        {
          accepted(connection) {
            accepted++
            connection.close()
            return { data() {}, eof() {}, closed() {} }
          },
        },
      )
      listener.pause()
      const probe = new Probe(loop)
      probe.connection = streams.connect({ host: '127.0.0.1', port: portOf(listener) }, probe)
      await probe.whenConnected
      await sleep(5)
      expect(accepted).toBe(0)
      listener.resume()
      await probe.whenEof
      expect(accepted).toBe(1)
      probe.connection.close()
      await probe.whenClosed
      listener.close()
    }))

  test('what was asked of a closed listener does not reach the socket that takes its place', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const listener = streams.listen(
        { host: '127.0.0.1' },
        {
          accepted(connection) {
            connection.write(Buffer.from('hello'))
            connection.close()
            return { data() {}, eof() {}, closed() {} }
          },
        },
      )
      const brief = streams.listen({ host: '127.0.0.1' }, { accepted: () => new Probe(loop) })
      brief.pause()
      brief.close()
      const probe = new Probe(loop)
      probe.connection = streams.connect({ host: '127.0.0.1', port: portOf(listener) }, probe)
      await probe.whenEof
      expect(probe.bytes.toString()).toBe('hello')
      probe.connection.close()
      await probe.whenClosed
      listener.close()
    }))

  test('a handler that throws loses its own connection only, and the loop reports it', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const reports: string[] = []
      loop.setExceptionHandler((_loop, { exception }) => {
        reports.push((exception as Error).message)
      })
      let next = 0
      const listener = streams.listen(
        { host: '127.0.0.1' },
        {
          accepted(connection) {
            if (next++ === 0) throw new Error('no protocol')
            return {
              data(bytes) {
                connection.write(bytes)
                if (bytes[0] === 0x21) throw new Error('in data')
              },
              eof: () => {
                connection.close()
              },
              closed() {},
            }
          },
        },
      )
      const refused = new Probe(loop)
      refused.connection = streams.connect({ host: '127.0.0.1', port: portOf(listener) }, refused)
      await refused.whenEof
      refused.connection.close()
      const served = [0, 1].map(() => {
        const probe = new Probe(loop)
        probe.connection = streams.connect({ host: '127.0.0.1', port: portOf(listener) }, probe)
        return probe
      })
      for (const probe of served) probe.connection.write(Buffer.from('!'))
      for (const probe of served) await probe.whenReceived(1)
      for (const probe of served) {
        probe.connection.close()
        await probe.whenClosed
      }
      expect(reports).toEqual(['no protocol', 'in data', 'in data'])
      listener.close()
    }))

  test('close resets what the kernel had accepted, and keeps what was handed over', () =>
    onLoop(backend, async ({ loop, streams }) => {
      const handed: Probe[] = []
      const listener = streams.listen(
        { host: '127.0.0.1' },
        {
          accepted(connection) {
            const probe = new Probe(loop)
            probe.connection = connection
            handed.push(probe)
            return probe
          },
        },
      )
      const kept = new Probe(loop)
      kept.connection = streams.connect({ host: '127.0.0.1', port: portOf(listener) }, kept)
      while (handed.length === 0) await sleep(1)
      listener.pause()
      const waiting = connect(portOf(listener), '127.0.0.1')
      const reset = new Promise<string>((resolve) => {
        waiting.on('error', (error) => {
          resolve((error as { code?: string }).code ?? '')
        })
        waiting.on('connect', () => {
          listener.close()
          listener.close()
        })
      })
      expect(await loop.wrap(reset)).toBe('ECONNRESET')
      kept.connection.write(Buffer.from('still here'))
      await handed[0]!.whenReceived(10)
      handed[0]!.connection.close()
      kept.connection.close()
      await kept.whenClosed
    }))
})
