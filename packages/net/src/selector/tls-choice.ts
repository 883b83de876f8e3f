import type { EventLoop } from '@loop/core'
import type { Connection, StreamTls, TlsSide } from '@loop/core/lowlevel'
import { NotSupportedError } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { IoChoice, TlsEngine } from '../contracts/network.ts'

/** TLS as it was asked for. */
export interface Security {
  readonly side: TlsSide
  readonly options: object
  readonly engine: TlsEngine | undefined
}

/**
 * The TLS of the selector's streams where it is asked for and possible, or null. Throws NotSupportedError where nothing
 * else will do.
 */
export function streamTls(
  loop: EventLoop,
  choice: IoChoice,
  { side, options, engine = 'auto' }: Security,
  pipe = false,
): StreamTls<Connection> | null {
  if (engine !== 'auto' && engine !== 'native' && engine !== 'node') {
    throw new TypeError(`tlsEngine is 'auto', 'native' or 'node', not ${describe(engine)}`)
  }
  const { streams, name } = loop.selector
  let refusal: string | undefined
  if (engine === 'node') refusal = "tlsEngine is 'node'"
  else if (choice === 'node') refusal = "io is 'node'"
  else if (pipe) refusal = "a pipe of Windows is Node's"
  else if (streams?.tls === undefined) refusal = `the ${name} selector has none`
  else refusal = streams.tls.refusal(side, options)
  if (refusal === undefined) return streams!.tls!
  if (engine === 'native' || choice === 'streams')
    throw new NotSupportedError(`TLS over streams is not possible: ${refusal}`)
  return null
}
