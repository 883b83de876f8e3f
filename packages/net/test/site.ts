import type { EventLoop } from '@loop/core'
import { sleep } from '@loop/core'
import { expect, test } from 'vitest'
import type { Protocol, Server, ServerOptions } from '../src/index.ts'
import { createServer } from '../src/index.ts'
import type { Family } from './support.ts'
import { onLoop, Peer, Recording } from './support.ts'

/** A server of recording protocols, one test long. */
export class Site {
  readonly protocols: Recording[] = []
  server!: Server

  constructor(
    readonly loop: EventLoop,
    readonly family: Family,
  ) {}

  async listen(
    on: (site: Site) => Partial<Protocol> = () => ({}),
    options: Partial<ServerOptions> = {},
  ): Promise<this> {
    const make = (): Recording => {
      const protocol = new Recording(this.loop, on(this))
      this.protocols.push(protocol)
      return protocol
    }
    this.server = await createServer(make, { host: '127.0.0.1', port: 0, ...this.family.tls?.server, ...options })
    return this
  }

  get first(): Recording {
    return this.protocols[0]!
  }

  /** Connects a peer, and waits for its protocol. */
  async peer(options?: { paused: boolean }): Promise<Peer> {
    const number = this.protocols.length
    const peer = await Peer.connect(this.loop, { port: this.server.port }, { ...options, family: this.family })
    while (this.protocols.length === number) await sleep(1)
    await this.protocols[number]!.until((events) => events.length > 0)
    return peer
  }

  async end(): Promise<void> {
    this.server.close()
    await this.server.waitClosed()
  }
}

/** What a protocol's calls must look like: `made`, then anything allowed, and `lost` once, last. */
const GRAMMAR = /^made( data| pauseWriting| resumeWriting)*( eof( pauseWriting| resumeWriting)*)? lost$/

export function checkGrammar(protocol: Recording): void {
  const words = protocol.events.map((event) => (Array.isArray(event) ? (event[0] as string) : (event as string)))
  expect(words.join(' ')).toMatch(GRAMMAR)
}

export const MEGABYTE = 1024 * 1024

/** A test with a site of its own, on a loop of the family. */
export type SiteTest = (name: string, body: (site: Site) => Promise<void>) => void

/** Tests for one family. */
export const siteTest =
  (family: Family): SiteTest =>
  (name, body) => {
    test(name, () => onLoop(family, (loop) => body(new Site(loop, family))))
  }
