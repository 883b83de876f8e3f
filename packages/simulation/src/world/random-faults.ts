/**
 * Faults at random: at random times a fault of a random kind strikes random hosts, and is mended a while later.
 *
 * All that chance decides of a fault is drawn before it is asked whether it may happen, so that leaving one out changes
 * nothing about the others.
 */
import { describe } from '@loop/core/lowlevel'
import type { NetworkConditions } from '../network/conditions.ts'
import { rangeOf } from '../network/conditions.ts'
import type { Random } from '../random.ts'
import type { WorldEvent } from './engine.ts'
import type { FaultLedger } from './fault-ledger.ts'
import type { FaultKind, FaultProfile, RandomFaults } from './fault-profile.ts'

/** What this needs beside the verbs of the world. */
export interface FaultSource {
  readonly ledger: FaultLedger
  readonly random: Random
  after(ms: number, happen: () => void): WorldEvent
  /** Hosts that may be struck. */
  targets(): readonly string[]
  /** All that are on the network. */
  peers(): readonly string[]
}

/** The verbs of a world that faults are made of. */
export interface Verbs {
  now(): number
  get(host: string): { readonly state: 'up' | 'paused' | 'down' }
  crash(host: string, options?: { readonly sockets?: 'reset' | 'vanish' }): void
  restart(host: string): void
  partition(one: string, other: string | readonly string[]): void
  partitionOneWay(from: string, to: string): void
  repair(one: string, other: string | readonly string[]): void
  repairOneWay(from: string, to: string): void
  hold(one: string, other: string): void
  release(one: string, other: string): void
  reset(one: string, other: string): void
  setLink(one: string, other: string, conditions: NetworkConditions | null): void
  pause(host: string): void
  resume(host: string): void
  clog(host: string): void
  unclog(host: string): void
  jumpClock(host: string, ms: number): void
  setClockRate(host: string, rate: number): void
}

/** A fault that was drawn: where, and what it does. */
interface Fault {
  readonly place: string
  strike(): void
  mend(): void
}

type Draw = (world: Verbs, host: string, peers: readonly string[], random: Random) => Fault | null

/** How far a wall clock jumps at most, in milliseconds: an hour, as a wrong time zone does. */
const LONGEST_JUMP_MS = 3_600_000
/** A clock that drifts is wrong by a tenth at most. */
const MOST_DRIFT = 0.1
/** How much slower a slow link is. */
const SLOW_LATENCY = [200, 1000] as const
const SLOW_BANDWIDTH = 10_000

const KINDS: Record<FaultKind, Draw> = {
  crash: (world, host) => ({
    place: host,
    strike: () => {
      world.crash(host)
    },
    mend: () => {
      if (world.get(host).state === 'down') world.restart(host)
    },
  }),
  powerLoss: (world, host) => ({
    place: host,
    strike: () => {
      world.crash(host, { sockets: 'vanish' })
    },
    mend: () => {
      if (world.get(host).state === 'down') world.restart(host)
    },
  }),
  partition: between((world, host, peer) => ({
    place: `${host}|${peer}`,
    strike: () => {
      world.partition(host, peer)
    },
    mend: () => {
      world.repair(host, peer)
    },
  })),
  oneWay: between((world, host, peer) => ({
    place: `${host}>${peer}`,
    strike: () => {
      world.partitionOneWay(host, peer)
    },
    mend: () => {
      world.repairOneWay(host, peer)
    },
  })),
  isolation: (world, host, peers) => {
    const others = peers.filter((peer) => peer !== host)
    if (others.length === 0) return null
    return {
      place: host,
      strike: () => {
        world.partition(host, others)
      },
      mend: () => {
        world.repair(host, others)
      },
    }
  },
  hold: between((world, host, peer) => ({
    place: `${host}|${peer}`,
    strike: () => {
      world.hold(host, peer)
    },
    mend: () => {
      world.release(host, peer)
    },
  })),
  reset: between((world, host, peer) => ({
    place: `${host}|${peer}`,
    strike: () => {
      world.reset(host, peer)
    },
    mend: () => {},
  })),
  slow: between((world, host, peer) => ({
    place: `${host}|${peer}`,
    strike: () => {
      world.setLink(host, peer, { latency: SLOW_LATENCY, bandwidth: SLOW_BANDWIDTH })
    },
    mend: () => {
      world.setLink(host, peer, null)
    },
  })),
  pause: (world, host) => ({
    place: host,
    strike: () => {
      world.pause(host)
    },
    mend: () => {
      world.resume(host)
    },
  }),
  clog: (world, host) => ({
    place: host,
    strike: () => {
      world.clog(host)
    },
    mend: () => {
      world.unclog(host)
    },
  }),
  clockJump: (world, host, _peers, random) => {
    const ms = random.below(2 * LONGEST_JUMP_MS) - LONGEST_JUMP_MS
    return {
      place: host,
      strike: () => {
        world.jumpClock(host, ms)
      },
      mend: () => {},
    }
  },
  drift: (world, host, _peers, random) => {
    const rate = 1 + ((random.below(2001) - 1000) / 1000) * MOST_DRIFT
    return {
      place: host,
      strike: () => {
        world.setClockRate(host, rate)
      },
      mend: () => {
        world.setClockRate(host, 1)
      },
    }
  },
}

function between(fault: (world: Verbs, host: string, peer: string) => Fault): Draw {
  return (world, host, peers, random) => {
    const others = peers.filter((peer) => peer !== host)
    return others.length === 0 ? null : fault(world, host, random.pick(others))
  }
}

/** Starts to inject faults into a world. Throws RangeError for a profile that means nothing. */
export function injectFaults(world: Verbs, profile: FaultProfile, source: FaultSource): RandomFaults {
  const every = rangeOf(profile.every ?? [500, 5000], 'faults.every')
  const lasts = rangeOf(profile.lasts ?? [100, 4000], 'faults.lasts')
  const kinds = weighted(profile.kinds ?? (Object.keys(KINDS) as FaultKind[]))
  const { until = Infinity, hosts } = profile
  const { random, ledger } = source
  let stopped = false

  const next = (): void => {
    source.after(random.between(...every), () => {
      if (stopped || world.now() > until) return
      const kind = random.pick(kinds)
      const targets = hosts ?? source.targets()
      const duration = random.between(...lasts)
      // Hosts may be added later.
      if (targets.length > 0) begin(kind, random.pick(targets), duration)
      next()
    })
  }
  const begin = (kind: FaultKind, host: string, duration: number): void => {
    const fault = KINDS[kind](world, host, source.peers(), random)
    if (fault === null || !ledger.admits(kind, fault.place)) return
    fault.strike()
    source.after(duration, () => {
      fault.mend()
    })
  }
  next()
  const stop = (): void => {
    stopped = true
  }
  return { stop, [Symbol.dispose]: stop }
}

/** Each kind as often as it weighs. */
function weighted(kinds: Partial<Record<FaultKind, number>> | readonly FaultKind[]): FaultKind[] {
  const weights: readonly (readonly [string, number])[] = Array.isArray(kinds)
    ? (kinds as readonly FaultKind[]).map((kind) => [kind, 1] as const)
    : Object.entries(kinds)
  return weights.flatMap(([kind, weight]) => {
    if (!(kind in KINDS))
      throw new RangeError(`there is no fault "${kind}"; there are ${Object.keys(KINDS).join(', ')}`)
    if (!(Number.isInteger(weight) && weight >= 0))
      throw new RangeError(`the weight of a fault is a whole number from 0, not ${describe(weight)}`)
    return Array.from({ length: weight }, () => kind as FaultKind)
  })
}
