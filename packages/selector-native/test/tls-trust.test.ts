import { sleep } from '@loop/core'
import { once } from 'node:events'
import type { PeerCertificate } from 'node:tls'
import { expect, test } from 'vitest'
import type { StreamTest } from './support.ts'
import { backends, onLoop, portOf } from './support.ts'
import {
  closeBoth,
  connectSecurely,
  listenSecurely,
  nodeClient,
  nodeServer,
  pem,
  securePair,
  SecureProbe,
  VERSIONS,
} from './tls-support.ts'

// Trust is decided above the backends: one of them stands for all.
const check = (name: string, body: (subject: StreamTest) => Promise<void>): void => {
  test(name, () => onLoop(backends[0]!, body))
}

/** How node:tls ends a connection to the port: its error's code, or null. */
async function verdictOfNode(port: number, options: object): Promise<string | null> {
  const peer = nodeClient(port, options)
  const verdict = await Promise.race([
    once(peer, 'secureConnect').then(
      () => null,
      () => null,
    ),
    new Promise<string>((resolve) => {
      peer.once('error', (error: Error & { code: string }) => {
        resolve(error.code)
      })
    }),
  ])
  peer.destroy()
  return verdict
}

const SERVERS = [
  ['trusted', {}, {}, null],
  ['unknown', {}, { ca: pem('stranger') }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['self-signed', { key: pem('stranger-key'), cert: pem('stranger') }, {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['expired', { key: pem('server-key'), cert: pem('expired') }, {}, 'CERT_HAS_EXPIRED'],
  ['of another name', { key: pem('elsewhere-key'), cert: pem('elsewhere') }, {}, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['asked for another name', {}, { servername: 'other.test' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['asked for its address', {}, { servername: undefined }, null],
] as const

for (const [kind, server, client, expected] of SERVERS) {
  check(`a server that is ${kind}: the verdict of node:tls, in its words`, async (subject) => {
    const peer = await nodeServer(server, (socket) => {
      socket.resume()
    })
    const near = connectSecurely(subject, peer.port, client, '127.0.0.1')
    if (expected === null) {
      await near.whenSecured
      near.connection.abort()
    }
    await near.whenClosed
    const code = (near.error as { code?: string } | undefined)?.code ?? null
    expect([code, await verdictOfNode(peer.port, client)]).toEqual([expected, expected])
    if (expected !== null) expect(near.events).not.toContain('secured')
    peer.close()
  })
}

check('with rejectUnauthorized: false the program hears what was found', async (subject) => {
  const pair = await securePair(subject, {}, { ca: pem('stranger'), rejectUnauthorized: false })
  expect(pair.near.session.authorizationError).toMatchObject({
    name: 'TlsError',
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  })
  expect(pair.far.session.authorizationError).toBeUndefined()
  await closeBoth(pair)
})

check('the certificate of the peer is that of getPeerCertificate()', async (subject) => {
  const peer = await nodeServer({}, (socket) => {
    socket.resume()
  })
  const node = nodeClient(peer.port)
  await once(node, 'secureConnect')
  const theirs = node.getPeerCertificate()
  node.destroy()
  const near = connectSecurely(subject, peer.port)
  await near.whenSecured
  const ours = near.session.peerCertificate() as PeerCertificate
  expect({ ...ours, issuerCertificate: undefined }).toEqual({ ...theirs, issuerCertificate: undefined })
  near.connection.abort()
  await near.whenClosed
  peer.close()
})

check('the program may check the name by itself; what it throws refuses the server', async (subject) => {
  const asked: unknown[] = []
  const accepting = await securePair(
    subject,
    { key: pem('elsewhere-key'), cert: pem('elsewhere') },
    {
      checkServerIdentity(name, certificate) {
        asked.push([name, certificate.subject.CN])
        return undefined
      },
    },
  )
  await closeBoth(accepting)
  expect(asked).toEqual([['localhost', 'elsewhere.test']])
  let far!: SecureProbe
  const listener = listenSecurely(subject, {}, (probe) => {
    far = probe
  })
  for (const thrown of [new Error('not today'), 'a string']) {
    const near = connectSecurely(subject, portOf(listener), {
      checkServerIdentity() {
        throw thrown
      },
    })
    await near.whenClosed
    expect(near.error?.message).toBe(thrown instanceof Error ? 'not today' : 'a string')
    far.connection.close()
    await far.whenClosed
  }
  listener.close()
})

for (const version of VERSIONS) {
  check(`${version}: clients have to show a certificate that is trusted`, async (subject) => {
    const probes: SecureProbe[] = []
    const options = { requestCert: true, ca: pem('ca'), maxVersion: version }
    const listener = listenSecurely(subject, options, (probe) => {
      probes.push(probe)
    })
    const shown = { key: pem('client-key'), cert: pem('client') }

    const near = connectSecurely(subject, portOf(listener), shown)
    await near.whenSecured
    await probes[0]!.whenSecured
    expect((probes[0]!.session.peerCertificate() as PeerCertificate).subject.CN).toBe('client')
    await closeBoth({ near, far: probes[0]! })

    for (const [client, code] of [
      [{}, 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'],
      [{ key: pem('stranger-key'), cert: pem('stranger') }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ] as const) {
      const before = probes.length
      const refused = connectSecurely(subject, portOf(listener), client)
      while (probes.length === before) await sleep(1)
      const far = probes.at(-1)!
      await far.whenClosed
      refused.connection.close()
      await refused.whenClosed
      expect((far.error as { code?: string }).code).toBe(code)
      expect(far.events).not.toContain('secured')
    }
    listener.close()
  })
}

check('a server that only asks goes on without a certificate, and says what was found', async (subject) => {
  const pair = await securePair(subject, { requestCert: true, rejectUnauthorized: false, ca: pem('ca') })
  expect(pair.far.session.peerCertificate()).toBeUndefined()
  expect(pair.far.session.authorizationError).toMatchObject({ code: 'UNABLE_TO_GET_ISSUER_CERT' })
  await closeBoth(pair)
})

check('a resumed session keeps the verdict and the certificate', async (subject) => {
  const options = { requestCert: true, ca: pem('ca') }
  const probes: SecureProbe[] = []
  const listener = listenSecurely(subject, options, (probe) => {
    probes.push(probe)
    void probe.whenSecured.then(() => {
      probe.connection.write(Buffer.from('x'))
    })
  })
  const shown = { key: pem('client-key'), cert: pem('client') }
  const first = connectSecurely(subject, portOf(listener), shown)
  await first.whenReceived(1)
  const session = Buffer.from(first.session.ticket()!)
  const second = connectSecurely(subject, portOf(listener), { ...shown, session })
  await second.whenReceived(1)
  expect([second.session.facts?.sessionReused, probes[1]!.session.authorizationError]).toEqual([true, undefined])
  expect((probes[1]!.session.peerCertificate() as PeerCertificate).subject.CN).toBe('client')
  await closeBoth({ near: first, far: probes[0]! })
  await closeBoth({ near: second, far: probes[1]! })
  listener.close()
})

check('without a protocol of ALPN in common the handshake fails', async (subject) => {
  let far!: SecureProbe
  const listener = listenSecurely(subject, { ALPNProtocols: ['a', 'b'] }, (probe) => {
    far = probe
  })
  const near = connectSecurely(subject, portOf(listener), { ALPNProtocols: ['c'] })
  await near.whenClosed
  await far.whenClosed
  listener.close()
  expect(far.events).toEqual(['closed ERR_SSL_NO_APPLICATION_PROTOCOL'])
})

check(
  'who offers no protocol of ALPN gets none, and the server has the choice among those offered',
  async (subject) => {
    for (const [offered, chosen] of [
      [undefined, undefined],
      [['b', 'a'], 'a'],
    ] as const) {
      const pair = await securePair(
        subject,
        { ALPNProtocols: ['a', 'b'] },
        offered === undefined ? {} : { ALPNProtocols: [...offered] },
      )
      expect([pair.near.session.facts?.alpnProtocol, pair.far.session.facts?.alpnProtocol]).toEqual([chosen, chosen])
      await closeBoth(pair)
    }
  },
)

check('nothing reaches a client from a server that it refuses', async (subject) => {
  const peer = await nodeServer({ key: pem('stranger-key'), cert: pem('stranger') }, (socket) => {
    socket.end('secret')
  })
  const near = connectSecurely(subject, peer.port)
  await near.whenClosed
  await sleep(1)
  expect([near.bytes.length, near.events]).toEqual([0, ['connected', 'closed DEPTH_ZERO_SELF_SIGNED_CERT']])
  peer.close()
})
