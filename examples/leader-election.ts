// A leader election with a bug that a seed finds: a voter that forgets its vote in a crash votes twice.
import { getRunningLoop, sleep } from '@loop/core'
import { createDatagramEndpoint } from '@loop/net'
import type { DatagramTransport } from '@loop/net'
import type { Host, World } from '@loop/simulation'
import { simulate, SimulationError } from '@loop/simulation'

const PORT = 7000
const NODES = ['a', 'b', 'c']
const MAJORITY = 2

interface Ballot {
  readonly term: number
  /** Who got this node's vote in the term. */
  readonly vote: string | null
}

/** Elects a leader for each term; `elected` hears of it. */
class Voter {
  private ballot: Ballot = { term: 0, vote: null }
  private votes = new Set<string>()
  private transport!: DatagramTransport

  constructor(
    private readonly host: Host,
    private readonly remembers: boolean,
    private readonly elected: (term: number, leader: string) => void,
  ) {}

  async run(): Promise<void> {
    if (this.remembers) this.ballot = await this.readBallot()
    const [transport] = await createDatagramEndpoint(
      () => ({
        datagramReceived: (bytes: Buffer) => {
          getRunningLoop().createTask(() => this.receive(JSON.parse(String(bytes)) as [string, string, number]))
        },
      }),
      { localAddress: { host: '0.0.0.0', port: PORT } },
    )
    this.transport = transport
    for (;;) {
      await sleep(500 + this.host.random.below(500))
      await this.stand()
    }
  }

  /** Asks everybody for their votes in a new term. */
  private async stand(): Promise<void> {
    const { name } = this.host
    const term = this.ballot.term + 1
    this.votes = new Set([name])
    await this.mark({ term, vote: name })
    for (const peer of NODES) if (peer !== name) this.send(peer, 'ask', term)
  }

  private async receive([kind, from, term]: [string, string, number]): Promise<void> {
    if (kind === 'ask') {
      if (term < this.ballot.term) return
      const vote = term > this.ballot.term ? null : this.ballot.vote
      if (vote !== null && vote !== from) return
      await this.mark({ term, vote: from })
      if (this.ballot.term === term && this.ballot.vote === from) this.send(from, 'vote', term)
    } else if (term === this.ballot.term && this.ballot.vote === this.host.name) {
      this.votes.add(from)
      if (this.votes.size >= MAJORITY) this.elected(term, this.host.name)
    }
  }

  private send(to: string, kind: string, term: number): void {
    const [address] = getRunningLoop().selector.resolver!.lookup(to, 4)
    this.transport.sendTo(Buffer.from(JSON.stringify([kind, this.host.name, term])), {
      host: address!.address,
      port: PORT,
    })
  }

  /** Decides on a ballot, and makes sure that a crash does not undo it before anybody hears of it. */
  private async mark(ballot: Ballot): Promise<void> {
    this.ballot = ballot
    if (this.remembers) await this.host.disk.writeFile('/ballot', JSON.stringify(ballot), { flush: true })
  }

  private async readBallot(): Promise<Ballot> {
    try {
      return JSON.parse(await this.host.disk.readFile('/ballot', 'utf8')) as Ballot
    } catch {
      return { term: 0, vote: null }
    }
  }
}

const election = (remembers: boolean) => async (world: World) => {
  const leaders = new Map<number, string>()
  const elected = (term: number, leader: string): void => {
    const before = leaders.get(term)
    if (before !== undefined && before !== leader) throw new Error('two leaders in one term')
    leaders.set(term, leader)
  }
  for (const name of NODES) world.host(name, (host) => new Voter(host, remembers, elected).run())
  await sleep(20_000)
  if (leaders.size === 0) throw new Error('no leader was ever elected')
}

const options = { runs: 200, network: { latency: [1, 50] }, faults: { kinds: ['crash'], every: [100, 1000] } } as const

try {
  await simulate(election(false), options)
} catch (error) {
  if (!(error instanceof SimulationError)) throw error
  console.log('votes in memory:', (error.cause as Error).message.replace(/.*: /, ''))
}
await simulate(election(true), options)
console.log('votes on disk: no seed of 200 fails')

/* Prints:
votes in memory: two leaders in one term
votes on disk: no seed of 200 fails
*/
