import type { Resolver } from '@loop/core/lowlevel'
import { isIP } from 'node:net'
import type { Conditions, NetworkConditions } from './conditions.ts'
import { conditionsOf } from './conditions.ts'
import { Link } from './link.ts'
import type { Machine, Stalled, Surroundings } from './machine.ts'
import { systemError } from './system-error.ts'

/** The links between machines, and their names. */
export class Network {
  readonly machines: Machine[] = []
  conditions: Conditions
  /** Messages that arrived. */
  messages = 0
  /** Descriptors, for people. */
  descriptors = 3
  readonly stalled = new Set<Stalled>()
  private readonly byName = new Map<string, Machine>()
  private readonly byAddress = new Map<string, Machine>()
  private readonly links = new Map<Machine, Map<Machine, Link>>()

  constructor(
    readonly world: Surroundings,
    conditions: Conditions,
  ) {
    this.conditions = conditions
  }

  /** A new machine. The addresses are 10.0.0.1 and so on, in order of creation. */
  add(name: string): Machine {
    const index = this.machines.length
    const address = `10.0.${(index + 1) >> 8}.${(index + 1) & 255}`
    const machine: Machine = {
      name,
      address,
      index,
      streams: null,
      isSilent: false,
      clogged: { reads: false, writes: false },
    }
    this.machines.push(machine)
    this.byName.set(name, machine)
    this.byAddress.set(address, machine)
    return machine
  }

  /** The machine that has an address, as `from` sees it. */
  at(address: string, from: Machine): Machine | undefined {
    return isLoopback(address) ? from : this.byAddress.get(address)
  }

  link(from: Machine, to: Machine): Link {
    let row = this.links.get(from)
    if (row === undefined) this.links.set(from, (row = new Map<Machine, Link>()))
    let link = row.get(to)
    if (link === undefined) {
      const random = this.world.random.fork(`link ${from.name}>${to.name}`)
      row.set(to, (link = new Link(from.name, to.name, random, () => this.conditions, this.world.ledger)))
    }
    return link
  }

  /** Cuts or mends one direction. */
  setCut(from: Machine, to: Machine, cut: boolean): void {
    this.link(from, to).cut = cut
    if (!cut) this.goOn()
  }

  /** Holds what arrives, or lets it arrive. */
  setHeld(from: Machine, to: Machine, hold: boolean): void {
    const link = this.link(from, to)
    if (hold) {
      link.held ??= []
      return
    }
    const { held } = link
    link.held = null
    for (const arrive of held ?? []) arrive()
  }

  /** Changes one direction; null for what all links have. */
  setConditions(from: Machine, to: Machine, given: NetworkConditions | null): void {
    this.link(from, to).own = given === null ? null : conditionsOf(given, this.conditions)
  }

  /** Breaks the connections of one direction's writers. */
  reset(from: Machine, to: Machine): void {
    for (const connection of [...(from.streams?.connections ?? [])])
      if (connection.peer?.machine === to) connection.breakOff(systemError('ECONNRESET', 'read'))
  }

  /** Links are as they were in the beginning. */
  heal(): void {
    for (const [from, row] of this.links)
      for (const to of row.keys()) {
        this.setCut(from, to, false)
        this.setHeld(from, to, false)
        this.setConditions(from, to, null)
      }
  }

  /** Something that was in the way is not any more. */
  goOn(): void {
    for (const each of [...this.stalled]) each.repaired()
  }

  /** The names that programs of a machine can look up: those of hosts, and "localhost". */
  readonly resolver: Resolver = {
    lookup: (host, family) => {
      const numeric = isIP(host)
      const address = numeric === 4 ? host : host === 'localhost' ? '127.0.0.1' : this.byName.get(host)?.address
      if (address === undefined || family === 6) throw systemError('ENOTFOUND', 'getaddrinfo', { hostname: host })
      return [{ address, family: 4 }]
    },
    lookupService: (address, port) => {
      const hostname = isLoopback(address) ? 'localhost' : this.byAddress.get(address)?.name
      if (hostname === undefined) throw systemError('ENOTFOUND', 'getnameinfo', { hostname: address })
      return { hostname, service: String(port) }
    },
  }
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
