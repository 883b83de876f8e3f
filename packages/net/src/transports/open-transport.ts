import type { EventLoop } from '@loop/core'
import type { ConnectionHandler } from '@loop/core/lowlevel'
import { describe } from '@loop/core/lowlevel'
import { ProtocolFactoryError } from '../contracts/errors.ts'
import type { NetConnection } from '../contracts/network.ts'
import type { ProtocolFactory, StreamProtocol } from '../contracts/protocols.ts'
import type { Origin, TransportOwner } from './stream-transport.ts'
import { StreamTransport } from './stream-transport.ts'

/**
 * Makes the protocol of a new connection and its transport. Throws ProtocolFactoryError when there is no protocol; the
 * connection is the caller's to abort then.
 */
export function openTransport(
  loop: EventLoop,
  connection: NetConnection,
  factory: ProtocolFactory<StreamProtocol>,
  owner: TransportOwner | null,
  origin?: Origin,
): StreamTransport {
  const protocol = makeProtocol(factory, isStreamProtocol, 'dataReceived() or getBuffer()')
  return new StreamTransport(loop, connection, protocol, owner, origin)
}

/** Calls a factory and checks what it made. */
export function makeProtocol<P>(
  factory: ProtocolFactory<P>,
  isProtocol: (made: object) => boolean,
  methods: string,
): P {
  let made: P
  try {
    made = factory()
  } catch (cause) {
    throw new ProtocolFactoryError('the protocol factory threw', { cause })
  }
  if (typeof made === 'object' && made !== null && answers(isProtocol, made)) return made
  throw new ProtocolFactoryError(`the protocol factory must return an object with ${methods}, not ${kindOf(made)}`)
}

/** A handler for a connection that is being thrown away. */
export const IGNORE: ConnectionHandler = { data() {}, eof() {}, closed() {} }

function isStreamProtocol(made: object): boolean {
  return ['dataReceived', 'getBuffer'].some((name) => typeof (made as Record<string, unknown>)[name] === 'function')
}

function kindOf(made: unknown): string {
  if (typeof made !== 'object' || made === null) return describe(made)
  return answers(isThenable, made) ? 'a promise' : 'an object without them'
}

function isThenable(made: object): boolean {
  return typeof (made as { then?: unknown }).then === 'function'
}

/** Asks about an object of the program, which may throw at every access. */
function answers(question: (made: object) => boolean, made: object): boolean {
  try {
    return question(made)
  } catch {
    return false
  }
}
