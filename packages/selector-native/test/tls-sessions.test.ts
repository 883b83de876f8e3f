// Long because every behaviour of a session is held to each backend in one place.
import { EventLoop, InvalidStateError, sleep } from '@loop/core'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { NativeSelector } from '../src/index.ts'
import { backends, connectedPair, onLoop, pattern, portOf, Probe } from './support.ts'
import type { StreamTest } from './support.ts'
import {
  closeBoth,
  connectSecurely,
  listenSecurely,
  nodeClient,
  nodeServer,
  securePair,
  SecureProbe,
  SERVER,
  slicing,
  VERSIONS,
} from './tls-support.ts'

describe.each(backends)('TLS beneath streams on %s', (backend) => {
  const check = (name: string, body: (subject: StreamTest) => Promise<void>): void => {
    test(name, () => onLoop(backend, body))
  }

  for (const version of VERSIONS) {
    check(`${version}: both sides agree, and plain text goes both ways`, async (subject) => {
      const pair = await securePair(
        subject,
        { maxVersion: version, ALPNProtocols: ['two', 'one'] },
        { ALPNProtocols: ['one'] },
      )
      const { near, far } = pair
      near.connection.write(Buffer.from('question'))
      await far.whenReceived(8)
      far.connection.write(Buffer.from('answer'))
      await near.whenReceived(6)
      expect([far.bytes.toString(), near.bytes.toString()]).toEqual(['question', 'answer'])
      expect(near.session.facts).toEqual(far.session.facts)
      expect(near.session.facts).toMatchObject({
        protocol: version,
        alpnProtocol: 'one',
        servername: 'localhost',
        sessionReused: false,
      })
      await closeBoth(pair)
      expect([near.events, far.events]).toEqual([
        ['connected', 'secured', 'data', 'closed'],
        ['secured', 'data', 'closed'],
      ])
    })

    check(`${version}: a client of node:tls sees the same session`, async (subject) => {
      let far!: SecureProbe
      const listener = listenSecurely(subject, { maxVersion: version }, (probe) => {
        far = probe
      })
      const peer = nodeClient(portOf(listener))
      await once(peer, 'secureConnect')
      await far.whenSecured
      const { facts } = far.session
      expect(facts?.cipher).toEqual(peer.getCipher())
      expect(facts?.protocol).toBe(peer.getProtocol())
      far.connection.write(Buffer.from('hello'))
      expect(String((await once(peer, 'data'))[0])).toBe('hello')
      peer.end()
      await far.whenEof
      far.connection.close()
      await far.whenClosed
      listener.close()
    })

    check(`${version}: a half-closed session goes on in the other direction`, async (subject) => {
      const pair = await securePair(subject, { maxVersion: version })
      const { near, far } = pair
      near.connection.write(Buffer.from('question'))
      near.connection.end()
      await far.whenEof
      const answer = pattern(500_000)
      far.connection.write(answer)
      far.connection.close()
      await near.whenEof
      near.connection.close()
      await near.whenClosed
      await far.whenClosed
      expect(near.bytes.equals(answer)).toBe(true)
      expect([near.events, far.events]).toEqual([
        ['connected', 'secured', 'data', 'eof', 'closed'],
        ['secured', 'data', 'eof', 'closed'],
      ])
    })

    check(`${version}: a half-closed peer of node:tls gets the whole answer`, async (subject) => {
      const answer = pattern(500_000)
      let far!: SecureProbe
      const listener = listenSecurely(subject, { maxVersion: version }, (probe) => {
        far = probe
      })
      const peer = nodeClient(portOf(listener), { allowHalfOpen: true } as never)
      const pieces: Buffer[] = []
      peer.on('data', (bytes: Buffer) => {
        pieces.push(bytes)
      })
      peer.end('question')
      await once(peer, 'secureConnect')
      await far.whenEof
      far.connection.write(answer)
      far.connection.close()
      await once(peer, 'end')
      await far.whenClosed
      listener.close()
      expect([far.bytes.toString(), Buffer.concat(pieces).equals(answer)]).toEqual(['question', true])
    })

    check(`${version}: a session is resumed with its ticket`, async (subject) => {
      const seen: SecureProbe[] = []
      const listener = listenSecurely(subject, { maxVersion: version }, (probe) => {
        seen.push(probe)
        void probe.whenSecured.then(() => {
          probe.connection.write(Buffer.from('x'))
        })
      })
      let session: Buffer | undefined
      for (const reused of [false, true]) {
        const near = connectSecurely(subject, portOf(listener), session === undefined ? {} : { session })
        await near.whenReceived(1)
        expect([near.session.facts?.sessionReused, seen.at(-1)!.session.facts?.sessionReused]).toEqual([reused, reused])
        session = Buffer.from(near.session.ticket()!)
        await closeBoth({ near, far: seen.at(-1)! })
      }
      listener.close()
    })

    check(`${version}: it does not matter how the network cuts it`, async (subject) => {
      for (const size of [1, 5, 1000]) {
        const bytes = pattern(20_000)
        let far!: SecureProbe
        const listener = listenSecurely(subject, { maxVersion: version }, (probe) => {
          far = probe
        })
        const between = await slicing(portOf(listener), size)
        const near = connectSecurely(subject, between.port)
        await near.whenSecured
        near.connection.write(bytes)
        await far.whenReceived(bytes.length)
        far.connection.write(bytes)
        await near.whenReceived(bytes.length)
        expect([near.bytes.equals(bytes), far.bytes.equals(bytes)]).toEqual([true, true])
        await closeBoth({ near, far })
        between.close()
        listener.close()
      }
    })
  }

  check('large writes are cut into records, and slowed down by a peer that does not read', async (subject) => {
    const { near, far } = await securePair(subject)
    const bytes = pattern(8 << 20)
    far.connection.pause()
    expect(near.connection.write(bytes)).toBe(false)
    expect(near.connection.pending).toBeGreaterThan(0)
    await sleep(5)
    expect(near.events).not.toContain('drained')
    far.connection.resume()
    await far.whenReceived(bytes.length)
    await near.whenDrained
    expect(far.bytes.equals(bytes)).toBe(true)
    near.connection.setWaterMarks(0, 0)
    expect(near.connection.pending).toBe(0)
    await closeBoth({ near, far })
  })

  check('many small writes of one batch arrive in order', async (subject) => {
    const { near, far } = await securePair(subject)
    const bytes = pattern(30_000)
    for (let at = 0; at < bytes.length; at += 7) near.connection.write(bytes.subarray(at, at + 7))
    await far.whenReceived(bytes.length)
    expect(far.bytes.equals(bytes)).toBe(true)
    await closeBoth({ near, far })
  })

  check('borrowed bytes are those that were sent', async (subject) => {
    const { near, far } = await securePair(subject)
    const bytes = pattern(1 << 20)
    const copies: Buffer[] = []
    let got = 0
    const all = subject.loop.createFuture<void>()
    far.connection.borrow = true
    far.connection.handler = {
      data(piece) {
        copies.push(Buffer.from(piece))
        got += piece.length
        if (got === bytes.length) all.setResult()
      },
      eof() {},
      closed() {
        far.whenClosed.setResult()
      },
    }
    near.connection.write(bytes)
    await all
    expect(Buffer.concat(copies).equals(bytes)).toBe(true)
    await closeBoth({ near, far })
  })

  check('close sends everything and ends the session in order, whatever the peer still says', async (subject) => {
    const bytes = pattern(3 << 20)
    const socket = subject.loop.createFuture<TLSSocket>()
    const server = await nodeServer({ allowHalfOpen: true } as never, (made) => {
      socket.setResult(made)
    })
    const near = connectSecurely(subject, server.port)
    const peer = await socket
    const pieces: Buffer[] = []
    let error: Error | undefined
    peer
      .on('data', (piece: Buffer) => {
        pieces.push(piece)
      })
      .on('error', (met) => {
        error = met
      })
    await near.whenSecured
    near.connection.write(bytes)
    near.connection.close()
    peer.write(pattern(200_000))
    await once(peer, 'end')
    peer.end()
    await near.whenClosed
    server.close()
    expect([Buffer.concat(pieces).equals(bytes), error]).toEqual([true, undefined])
    expect(near.events).toEqual(['connected', 'secured', 'closed'])
  })

  check('close waits for the end of the peer, and abort ends the waiting', async (subject) => {
    const server = await nodeServer({ allowHalfOpen: true } as never, (peer) => {
      peer.resume()
    })
    const near = connectSecurely(subject, server.port)
    await near.whenSecured
    near.connection.close()
    await sleep(20)
    expect(near.connection.state).toBe('closing')
    near.connection.abort(new Error('waited enough'))
    await near.whenClosed
    server.close()
    expect(near.events).toEqual(['connected', 'secured', 'closed waited enough'])
  })

  check('a peer that ends without close_notify has ended all the same', async (subject) => {
    let far!: SecureProbe
    const listener = listenSecurely(subject, {}, (probe) => {
      far = probe
    })
    const raw = connect(portOf(listener), '127.0.0.1')
    const peer = nodeClient(0, { socket: raw } as never).on('error', () => {})
    await once(peer, 'secureConnect')
    await far.whenSecured
    raw.end()
    await far.whenEof
    far.connection.close()
    await far.whenClosed
    listener.close()
    expect(far.events).toEqual(['secured', 'eof', 'closed'])
  })

  check('a peer that resets is reported as it is without TLS', async (subject) => {
    let far!: SecureProbe
    const listener = listenSecurely(subject, {}, (probe) => {
      far = probe
    })
    const raw = connect(portOf(listener), '127.0.0.1')
    const peer = nodeClient(0, { socket: raw } as never).on('error', () => {})
    await once(peer, 'secureConnect')
    await far.whenSecured
    raw.resetAndDestroy()
    await far.whenClosed
    listener.close()
    expect(far.events).toEqual(['secured', 'closed ECONNRESET'])
  })

  check('pause holds plain text back, and resume goes on', async (subject) => {
    const { near, far } = await securePair(subject)
    far.connection.pause()
    near.connection.write(Buffer.from('held'))
    near.connection.end()
    await sleep(10)
    expect(far.events).toEqual(['secured'])
    far.connection.resume()
    await far.whenEof
    expect(far.bytes.toString()).toBe('held')
    await closeBoth({ near, far })
  })

  check('who does not speak TLS fails the handshake, and nobody else', async (subject) => {
    const probes: SecureProbe[] = []
    const listener = listenSecurely(subject, {}, (probe) => {
      probes.push(probe)
    })
    for (const words of [
      'GET / HTTP/1.1\r\n\r\n',
      'nothing of the kind\r\n',
      '\x16\x03\x01\x40\x00 a record that is too long ',
    ]) {
      const peer = connect(portOf(listener), '127.0.0.1')
        .on('error', () => {})
        .resume()
      peer.end(words, 'latin1')
      while (probes.length === 0) await sleep(1)
      const probe = probes.pop()!
      await probe.whenClosed
      expect(probe.events).toEqual([expect.stringMatching(/^closed (ERR_SSL_|ECONNRESET)/)])
    }
    const near = connectSecurely(subject, portOf(listener))
    await near.whenSecured
    await closeBoth({ near, far: probes[0]! })
    listener.close()
  })

  check('sides without a version in common fail with the reason of OpenSSL', async (subject) => {
    let far!: SecureProbe
    const listener = listenSecurely(subject, { maxVersion: 'TLSv1.2' }, (probe) => {
      far = probe
    })
    const near = connectSecurely(subject, portOf(listener), { minVersion: 'TLSv1.3' })
    await near.whenClosed
    await far.whenClosed
    listener.close()
    expect(far.events).toEqual(['closed ERR_SSL_UNSUPPORTED_PROTOCOL'])
    expect(near.events).toEqual(['connected', expect.stringMatching(/^closed ERR_SSL_.*ALERT_PROTOCOL_VERSION$/)])
    expect(far.error).toMatchObject({ name: 'TlsError', library: 'SSL routines', reason: 'unsupported protocol' })
  })

  check('a client that asks to negotiate anew is refused', async (subject) => {
    let far!: SecureProbe
    const listener = listenSecurely(subject, { maxVersion: 'TLSv1.2' }, (probe) => {
      far = probe
    })
    const peer = nodeClient(portOf(listener))
    await once(peer, 'secureConnect')
    await far.whenSecured
    const refused = once(peer, 'error')
    peer.renegotiate({ rejectUnauthorized: false }, () => {})
    expect((await refused)[0]).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' })
    peer.destroy()
    await sleep(1)
    far.connection.abort()
    await far.whenClosed
    listener.close()
  })

  check('nothing may be written before the peer is known', async (subject) => {
    const { near, far } = await connectedPair(subject)
    const secure = new SecureProbe(subject.loop)
    secure.connection = near.connection
    near.connection.handler = secure
    secure.start(subject, subject.streams.tls!.context('client', {}))
    near.connection.write(Buffer.from('too early'))
    await secure.whenClosed
    await far.whenEof
    expect(secure.events).toEqual(['closed ENOTCONN'])
    expect(far.bytes.includes('too early')).toBe(false)
    far.connection.close()
    await far.whenClosed
  })

  check('a session begins once, on an open connection of these streams', async (subject) => {
    const { tls } = subject.streams
    const { near, far } = await securePair(subject)
    const context = tls!.context('client', {})
    expect(() => near.start(subject, context)).toThrow(InvalidStateError)
    expect(() => tls!.start({} as never, context, { secured() {} })).toThrow(TypeError)
    await closeBoth({ near, far })
    expect(() => near.start(subject, context)).toThrow(InvalidStateError)
    expect(near.session.peerCertificate()).toBeUndefined()
    expect(near.session.ticket()).toBeUndefined()
  })

  check(
    'plain text before the session goes first, and what was received with it belongs to the session',
    async (subject) => {
      const { near, far } = await connectedPair(subject)
      near.connection.write(Buffer.from('STARTTLS\r\n'))
      await far.whenReceived(10)
      far.connection.write(pattern(100_000))
      const [client, server] = [new SecureProbe(subject.loop), new SecureProbe(subject.loop)]
      client.connection = near.connection
      server.connection = far.connection
      await near.whenReceived(100_000)
      near.connection.handler = client
      client.start(subject, subject.streams.tls!.context('client', { ca: SERVER.cert, rejectUnauthorized: false }))
      // The client's first message arrives before the server begins.
      const hello = await far.whenReceived(1).then(() => far.bytes.subarray(10))
      far.connection.handler = server
      server.start(subject, subject.streams.tls!.context('server', SERVER), { received: hello })
      await client.whenSecured
      await server.whenSecured
      server.connection.write(Buffer.from('secret'))
      await client.whenReceived(6)
      expect(near.bytes.equals(pattern(100_000))).toBe(true)
      await closeBoth({ near: client, far: server })
    },
  )

  check('a command smuggled in before the handshake fails it', async (subject) => {
    const { near, far } = await connectedPair(subject)
    const server = new SecureProbe(subject.loop)
    server.connection = far.connection
    far.connection.handler = server
    server.start(subject, subject.streams.tls!.context('server', SERVER), {
      received: Buffer.from('RCPT TO:<victim>\r\n'),
    })
    await server.whenClosed
    expect(server.events).toEqual([expect.stringMatching(/^closed ERR_SSL_/)])
    near.connection.close()
    await near.whenClosed
  })

  check('what had arrived and was not delivered belongs to the session, wherever it is pending', async (subject) => {
    const { tls } = subject.streams
    const server = tls!.context('server', SERVER)
    const client = tls!.context('client', { ca: SERVER.cert, rejectUnauthorized: false })
    // Another connection of the same batch pauses this one, or begins its session, after its bytes were taken from the
    // system.
    for (const meddle of ['pause', 'start'] as const) {
      const { near, far } = await connectedPair(subject)
      const ends = [new SecureProbe(subject.loop), new SecureProbe(subject.loop)] as const
      ends[0].connection = near.connection
      ends[1].connection = far.connection
      near.connection.handler = ends[0]
      far.connection.handler = ends[1]
      const first = new Probe(subject.loop, {
        data: () => {
          if (meddle === 'pause') far.connection.pause()
          else begin()
        },
      })
      // Where the other one is called later, the handler has got the bytes.
      const begin = (): void => {
        ends[1].start(subject, server, { received: ends[1].bytes })
      }
      const other = await connectedPair(subject, first)
      other.far.connection.write(Buffer.from('first'))
      ends[0].start(subject, client)
      subject.streams.flush()
      await first.whenReceived(5)
      await sleep(1)
      if (meddle === 'pause') begin()
      far.connection.resume()
      await ends[0].whenSecured
      await ends[1].whenSecured
      expect(ends[1].events.at(-1)).toBe('secured')
      await closeBoth({ near: ends[0], far: ends[1] })
      await closeBoth({ near: first, far: other.far })
    }
  })

  check('closing in the middle of a handshake ends the connection at once', async (subject) => {
    const { near, far } = await connectedPair(subject)
    const server = new SecureProbe(subject.loop)
    server.connection = far.connection
    far.connection.handler = server
    server.start(subject, subject.streams.tls!.context('server', SERVER))
    far.connection.close()
    await server.whenClosed
    await near.whenEof
    near.connection.close()
    await near.whenClosed
    expect(server.events).toEqual(['closed'])
  })

  test('the loop may be closed in the middle of everything', async () => {
    const selector = new NativeSelector({ backend })
    const loop = new EventLoop({ selector })
    const subject = { loop, selector, streams: selector.streams }
    let near!: SecureProbe
    await loop.runUntilComplete(async () => {
      near = (await securePair(subject)).near
      near.connection.write(pattern(4 << 20))
      const { far } = await connectedPair(subject)
      const server = new SecureProbe(loop)
      server.connection = far.connection
      server.start(subject, subject.streams.tls!.context('server', SERVER))
    })
    loop.close()
    selector.close()
    expect([near.connection.state, near.session.ticket(), near.session.peerCertificate()]).toEqual([
      'closed',
      undefined,
      undefined,
    ])
  })
})
