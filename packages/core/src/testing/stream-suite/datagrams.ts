import assert from 'node:assert/strict'
import { sleep } from '../../task/sleep.ts'
import type { DatagramSocket, SocketAddress } from '../../contracts/streams.ts'
import type { Cases } from '../suite.ts'
import { assertThrows } from '../suite.ts'
import type { StreamSubject } from './subject.ts'
import { DatagramProbe } from './subject.ts'

const LOCAL = '127.0.0.1'
/** Milliseconds in which something that must not happen would. */
const QUIET_MS = 20

function open(
  subject: StreamSubject,
  remote?: { host: string; port: number },
): [DatagramSocket, DatagramProbe, number] {
  const probe = new DatagramProbe(subject.loop)
  const socket = subject.streams.datagram({ host: LOCAL, ...(remote === undefined ? {} : { remote }) }, probe)
  return [socket, probe, portOf(socket.localAddress)]
}

function portOf(address: SocketAddress): number {
  return address.family === 'unix' ? 0 : address.port
}

export const datagrams: Cases<StreamSubject> = {
  'each arrives whole, with where it came from': async (subject) => {
    const [one, told, port] = open(subject)
    const [other, , otherPort] = open(subject)
    other.send(Buffer.from('first'), { host: LOCAL, port })
    await told.told('datagram')
    other.send(Buffer.alloc(0), { host: LOCAL, port })
    await told.until(() => told.datagrams.length === 2)
    assert.deepEqual(told.datagrams, ['first', ''])
    assert.deepEqual(told.from[0], { family: 'IPv4', address: LOCAL, port: otherPort })
    one.close()
    other.close()
    await told.told('closed')
  },

  'with a fixed peer, none needs an address, and only its own arrive': async (subject) => {
    const [server, heard, port] = open(subject)
    const [client, answers, clientPort] = open(subject, { host: LOCAL, port })
    const [stranger] = open(subject)
    client.send(Buffer.from('question'))
    await heard.told('datagram')
    stranger.send(Buffer.from('spam'), { host: LOCAL, port: clientPort })
    server.send(Buffer.from('answer'), { host: LOCAL, port: clientPort })
    await answers.told('datagram')
    await sleep(QUIET_MS)
    assert.deepEqual(answers.datagrams, ['answer'])
    for (const socket of [server, client, stranger]) socket.close()
    await answers.told('closed')
  },

  'errors of the system are told, and the socket stays open': async (subject) => {
    const [server, gone, port] = open(subject)
    server.close()
    await gone.told('closed')
    const [client, told] = open(subject, { host: LOCAL, port })
    client.send(Buffer.from('x'))
    await told.told('failed ECONNREFUSED')
    client.send(Buffer.alloc(70_000))
    await told.told('failed EMSGSIZE')
    client.abort(new Error('enough'))
    await told.told('closed enough')
    assertThrows(() => client.send(Buffer.from('x')), 'InvalidStateError')
  },

  'nothing is told while it is paused': async (subject) => {
    const [one, told, port] = open(subject)
    const [other] = open(subject)
    one.pause()
    other.send(Buffer.from('later'), { host: LOCAL, port })
    await sleep(QUIET_MS)
    assert.deepEqual(told.datagrams, [])
    one.resume()
    await told.told('datagram')
    one.close()
    one.close()
    other.close()
    await told.told('closed')
  },
}
