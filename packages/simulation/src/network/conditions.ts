import { describe } from '@loop/core/lowlevel'

/** A range of milliseconds: each value in it, in microseconds, is as likely as the others. Or always the same value. */
export type Range = number | readonly [least: number, most: number]

/** How a network behaves: all of it, or one link. */
export interface NetworkConditions {
  /** Milliseconds that a message takes; 1 to 20 by default. */
  readonly latency?: Range
  /**
   * The probability that a datagram is lost; a lost segment of a connection is sent again and so is late, and holds up
   * those behind it. 0 by default, as are all others here.
   */
  readonly loss?: number
  /** The probability that a datagram arrives twice. */
  readonly duplicate?: number
  /** The probability that a message is late by up to ten times its latency, so that datagrams overtake each other. */
  readonly reorder?: number
  /** The probability that a segment breaks its connection: both ends get ECONNRESET. */
  readonly reset?: number
  /** The probability that a new connection is refused. */
  readonly refuse?: number
  /** The probability that a segment arrives in two pieces, cut anywhere: streams promise nothing else. */
  readonly fragment?: number
  /** Bytes a second; Infinity by default. */
  readonly bandwidth?: number
  /** Milliseconds after which a new connection that nobody answers fails with ETIMEDOUT; 10,000 by default. */
  readonly connectTimeout?: number
  /** Milliseconds after which a connection whose bytes are not acknowledged fails with ETIMEDOUT; 30,000 by default. */
  readonly retryTimeout?: number
}

/** The same, complete and checked. */
export type Conditions = Required<Omit<NetworkConditions, 'latency'>> & { readonly latency: readonly [number, number] }

/** Linux waits for minutes; tests of what happens then need not. */
const DEFAULTS: Conditions = {
  latency: [1, 20],
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reset: 0,
  refuse: 0,
  fragment: 0,
  bandwidth: Infinity,
  connectTimeout: 10_000,
  retryTimeout: 30_000,
}

const PROBABILITIES = ['loss', 'duplicate', 'reorder', 'reset', 'refuse', 'fragment'] as const
const POSITIVE = ['bandwidth', 'connectTimeout', 'retryTimeout'] as const

/** Reads conditions over others. Throws TypeError or RangeError for what means nothing. */
export function conditionsOf(given: NetworkConditions = {}, base: Conditions = DEFAULTS): Conditions {
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`network conditions are an object, not ${describe(given)}`)
  for (const name of Object.keys(given))
    if (!(name in DEFAULTS))
      throw new RangeError(`there is no network condition "${name}"; there are ${Object.keys(DEFAULTS).join(', ')}`)
  const { latency, ...rest } = { ...base, ...withoutUndefined(given) }
  for (const name of PROBABILITIES)
    if (!(typeof rest[name] === 'number' && rest[name] >= 0 && rest[name] <= 1))
      throw new RangeError(`network.${name} is a probability from 0 to 1, not ${describe(rest[name])}`)
  for (const name of POSITIVE)
    if (!(typeof rest[name] === 'number' && rest[name] > 0))
      throw new RangeError(`network.${name} is a number above 0, not ${describe(rest[name])}`)
  return { ...rest, latency: rangeOf(latency, 'network.latency') }
}

/** Reads a range of milliseconds. */
export function rangeOf(range: Range, what: string): readonly [number, number] {
  const [least, most] = typeof range === 'number' ? [range, range] : range
  if (!(Number.isFinite(least) && Number.isFinite(most) && least >= 0 && most >= least))
    throw new RangeError(
      `${what} is a number of milliseconds, or [least, most] of them, from 0 on, not ${describe(range)}`,
    )
  return [least, most]
}

function withoutUndefined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}
