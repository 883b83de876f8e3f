import type { Coroutine, EventLoop } from '@loop/core'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { AddressError } from '../contracts/errors.ts'

/** One numeric address of a host. */
export interface HostAddress {
  readonly host: string
  readonly family: 4 | 6
}

/** 0 for both families. */
export type Family = 0 | 4 | 6

/** The numeric addresses of a host, in the resolver's order; a numeric host is its own. Throws the resolver's error. */
export function* resolveHost(loop: EventLoop, host: string, family: Family = 0): Coroutine<HostAddress[]> {
  if (host === '') throw new AddressError('host is empty: give a name or an address')
  const numeric = isIP(host)
  if (numeric !== 0) return [{ host, family: numeric as 4 | 6 }]
  const { resolver } = loop.selector
  const found =
    resolver === undefined
      ? yield* loop.wrap(lookup(host, { all: true, family, verbatim: true }))
      : resolver.lookup(host, family)
  return found.map((entry) => ({ host: entry.address, family: entry.family as 4 | 6 }))
}

/**
 * Families in turn, beginning with the first one's (RFC 8305, section 4), so that a broken family costs one delay only.
 */
export function interleave(addresses: readonly HostAddress[]): HostAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family)
  const mixed: HostAddress[] = []
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    if (first[i] !== undefined) mixed.push(first[i]!)
    if (second[i] !== undefined) mixed.push(second[i]!)
  }
  return mixed
}
