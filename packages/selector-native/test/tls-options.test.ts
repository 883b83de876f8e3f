import { NotSupportedError } from '@loop/core'
import { createSecureContext } from 'node:tls'
import type { TlsOptions } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NativeSelector } from '../src/index.ts'
import { CLIENT, pem, SERVER } from './tls-support.ts'

let selector: NativeSelector
beforeAll(() => {
  selector = new NativeSelector()
})
afterAll(() => {
  selector.close()
})

test('what only node:tls has is refused by name, and what is undefined is not there', () => {
  const { tls } = selector.streams
  expect(tls!.engine).toBe('openssl-native')
  expect([
    tls!.refusal('server', SERVER),
    tls!.refusal('client', CLIENT),
    tls!.refusal('client', { secureContext: undefined }),
  ]).toEqual([undefined, undefined, undefined])
  const foreign: ['server' | 'client', object][] = [
    ['server', { SNICallback() {} }],
    ['server', { pskCallback() {} }],
    ['server', { ALPNCallback() {} }],
    ['server', { enableTrace: true }],
    ['client', { secureContext: createSecureContext() }],
    ['client', { requestOCSP: true }],
    ['client', { pskCallback() {} }],
    ['client', { minDHSize: 2048 }],
    ['client', { socket: {} }],
    ['client', { somethingNew: 1 }],
  ]
  for (const [side, options] of foreign) {
    const [name] = Object.keys(options)
    expect(tls!.refusal(side, options)).toBe(`only node:tls has the option ${name!}`)
    expect(() => tls!.context(side, options)).toThrow(NotSupportedError)
  }
})

test('bad options throw what node:tls throws', () => {
  const { tls } = selector.streams
  const bad: TlsOptions[] = [
    { key: 'no key', cert: pem('server') },
    { key: pem('server-key'), cert: pem('client') },
    { ciphers: 'NOTHING-OF-THE-KIND' },
    { minVersion: 'TLSv9' as never },
  ]
  for (const options of bad) {
    let theirs: unknown
    try {
      createSecureContext(options)
    } catch (error) {
      theirs = error
    }
    expect(() => tls!.context('server', options)).toThrow((theirs as Error).message)
  }
  expect(() => tls!.context('server', { ...SERVER, ALPNProtocols: [''] })).toThrow(RangeError)
  expect(() => tls!.context('server', { ...SERVER, ALPNProtocols: ['x'.repeat(256)] })).toThrow(RangeError)
  // And none of it is in the way of the next one.
  expect(tls!.context('server', SERVER).side).toBe('server')
})
