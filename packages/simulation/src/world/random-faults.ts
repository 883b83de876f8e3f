/**
 * Faults at random: at random times a fault of a random kind strikes random hosts, and is mended a while later.
 *
 * All that chance decides of a fault is drawn before it is asked whether it may happen, so that leaving one out changes
 * nothing about the others.
 */
import { describe } from '@loop/core/lowlevel'
import type { Range } from '../network/conditions.ts'
import { rangeOf } from '../network/conditions.ts'
import type { Random } from '../random.ts'
import type { WorldEvent } from './engine.ts'
import type { FaultLedger } from './fault-ledger.ts'
import type { World } from './world.ts'

/** What may go wrong. */
export type FaultKind = keyof typeof KINDS

/** What goes wrong at random, and how often. */
export interface FaultProfile {
  /** Milliseconds from one fault to the next; 500 to 5,000 by default. */
  readonly every?: Range
  /** Milliseconds until a fault is mended; 100 to 4,000 by default. */
  readonly lasts?: Range
  /** How often each kind comes, compared with the others; one that is not named never does. All, by default. */
  readonly kinds?: Partial<Record<FaultKind, number>> | readonly FaultKind[]
  /** The hosts that faults may strike; by default all that are not clients. */
  readonly hosts?: readonly string[]
  /** Milliseconds of the world after which no fault begins, so that programs can recover; never by default. */
  readonly until?: number
}

/** Faults that are being injected; dispose of it to begin no more. */
export interface RandomFaults extends Disposable {
  /** Begins no more; what is broken is mended when it was to be. */
  stop(): void
}

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

/** A fault that was drawn: where, and what it does. */
interface Fault {
  readonly place: string
  strike(): void
  mend(): void
}

type Draw = (world: World, host: string, peers: readonly string[], random: Random) => Fault | null

/** How far a wall clock jumps at most, in milliseconds: an hour, as a wrong time zone does. */
const LONGEST_JUMP_MS = 3_600_000
/** A clock that drifts is wrong by a tenth at most. */
const MOST_DRIFT = 0.1
/** How much slower a slow link is. */
const SLOW_LATENCY = [200, 1000] as const
const SLOW_BANDWIDTH = 10_000

const KINDS = {
  /** A process is killed, and started again. */
  crash: (world, host) => ({
    place: host,
    strike: () => {
      world.crash(host)
    },
    mend: () => {
      if (world.get(host).state === 'down') world.restart(host)
    },
  }),
  /** A machine loses its power. */
  powerLoss: (world, host) => ({
    place: host,
    strike: () => {
      world.crash(host, { sockets: 'vanish' })
    },
    mend: () => {
      if (world.get(host).state === 'down') world.restart(host)
    },
  }),
  /** Two hosts do not reach each other. */
  partition: between((world, host, peer) => ({
    place: `${host}|${peer}`,
    strike: () => {
      world.partition(host, peer)
    },
    mend: () => {
      world.repair(host, peer)
    },
  })),
  /** One host does not reach another. */
  oneWay: between((world, host, peer) => ({
    place: `${host}>${peer}`,
    strike: () => {
      world.partitionOneWay(host, peer)
    },
    mend: () => {
      world.repairOneWay(host, peer)
    },
  })),
  /** A host reaches nobody. */
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
  /** What two hosts send each other is held up. */
  hold: between((world, host, peer) => ({
    place: `${host}|${peer}`,
    strike: () => {
      world.hold(host, peer)
    },
    mend: () => {
      world.release(host, peer)
    },
  })),
  /** All connections of two hosts break. */
  reset: between((world, host, peer) => ({
    place: `${host}|${peer}`,
    strike: () => {
      world.reset(host, peer)
    },
    mend: () => {},
  })),
  /** A link is slow. */
  slow: between((world, host, peer) => ({
    place: `${host}|${peer}`,
    strike: () => {
      world.setLink(host, peer, { latency: SLOW_LATENCY, bandwidth: SLOW_BANDWIDTH })
    },
    mend: () => {
      world.setLink(host, peer, null)
    },
  })),
  /** A program stands still. */
  pause: (world, host) => ({
    place: host,
    strike: () => {
      world.pause(host)
    },
    mend: () => {
      world.resume(host)
    },
  }),
  /** A program neither reads nor gets rid of what it writes. */
  clog: (world, host) => ({
    place: host,
    strike: () => {
      world.clog(host)
    },
    mend: () => {
      world.unclog(host)
    },
  }),
  /** A wall clock jumps, and stays wrong. */
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
  /** A host's clocks run too fast or too slow. */
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
} satisfies Record<string, Draw>

function between(fault: (world: World, host: string, peer: string) => Fault): Draw {
  return (world, host, peers, random) => {
    const others = peers.filter((peer) => peer !== host)
    return others.length === 0 ? null : fault(world, host, random.pick(others))
  }
}

/** Starts to inject faults into a world. Throws RangeError for a profile that means nothing. */
export function injectFaults(world: World, profile: FaultProfile, source: FaultSource): RandomFaults {
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
    const fault = (KINDS[kind] as Draw)(world, host, source.peers(), random)
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
