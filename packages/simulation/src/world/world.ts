/* Long because it is the public face: one short verb for each thing that can happen to hosts, links, clocks and disks. */
import type { ExceptionContext, Future } from '@loop/core'
import { allTasks, LoopError } from '@loop/core'
import { describe, describeTask } from '@loop/core/lowlevel'
import type { DiskConditions } from '../disk/disk.ts'
import { HostFailedError, UnknownHostError } from '../errors.ts'
import type { NetworkConditions } from '../network/conditions.ts'
import { conditionsOf } from '../network/conditions.ts'
import type { Machine } from '../network/machine.ts'
import { Network } from '../network/network.ts'
import { isOfSystem } from '../network/system-error.ts'
import type { RunSettings } from '../options.ts'
import { Random } from '../random.ts'
import type { Runner } from './engine.ts'
import { Engine } from './engine.ts'
import { FaultLedger } from './fault-ledger.ts'
import type { FaultProfile, RandomFaults } from './fault-profile.ts'
import { injectFaults } from './random-faults.ts'
import type { CrashOptions, HostMain, HostOptions } from './host.ts'
import { currentHost, Host } from './host.ts'
import { Trace } from './trace.ts'

/** One host or several, by name or as `world.host` returned them. */
export type Hosts = string | Host | readonly (string | Host)[]

/** How a run went. */
export interface Outcome<T> {
  /** Why it failed, boxed; null when it did not. */
  readonly failure: { readonly error: unknown } | null
  /** What the body returned. */
  readonly value: T | undefined
  readonly trace: Trace
  readonly hash: string
  /** Milliseconds of virtual time. */
  readonly time: number
  readonly messages: number
  readonly turns: number
  /** The names of all faults that chance brought about. */
  readonly faults: readonly string[]
  /** The names of the hosts, in order of creation. */
  readonly hosts: readonly string[]
}

/** Milliseconds before a host whose program failed boots again, where it is to. */
const RESTART_MS = 1000
/** The host that runs the body of a simulation. */
const TEST = 'test'

/**
 * The world of one run: hosts, the network between them, and what goes wrong. See {@link simulate}.
 *
 * Verbs act at once, may be called from the code of any host, and throw UnknownHostError for a name that is none.
 */
export class World {
  /** Random numbers for the test. */
  readonly random: Random
  private readonly engine: Engine
  private readonly network: Network
  private readonly trace: Trace
  private readonly ledger: FaultLedger
  private readonly root: Random
  private readonly hosts = new Map<string, Host>()
  private readonly rules: { readonly what: string; readonly holds: () => boolean }[] = []
  /** Where the outcome of a client is wanted. */
  private readonly clients = new Map<Host, Future<unknown>>()
  /** Clients that have not ended. */
  private waitingFor = 0
  private failure: { readonly error: unknown } | null = null
  private value: unknown = undefined
  private lateReports: { readonly host: Host; readonly boot: number; readonly context: ExceptionContext }[] = []
  private resolve: () => void = () => {}

  /** @internal */
  constructor(
    /** The seed that decides everything in this run. */
    readonly seed: number,
    private readonly settings: RunSettings,
  ) {
    this.root = new Random(seed)
    this.random = this.root.fork('test')
    this.trace = new Trace(settings.keeps)
    this.ledger = new FaultLedger(settings.onlyFaults)
    this.engine = new Engine(this.root.fork('turns'), settings.limit, {
      turn: (runner) => {
        this.trace.mix(runner.index)
        this.trace.mixTime(this.engine.now())
      },
      turned: () => {
        this.checkRules()
      },
      describeRest: () => this.describeRest(),
      waitsOutside: () => [...this.hosts.values()].some(({ loop }) => (loop?.statistics().promises ?? 0) > 0),
      nameOf: (runner: Runner) => (runner as Host).name,
      failed: (error) => {
        this.fail(error)
      },
      ended: () => {
        this.end()
      },
    })
    const { engine, trace, ledger } = this
    this.network = new Network(
      {
        now: () => engine.now(),
        after: (ms, happen) => engine.after(ms, happen),
        trace,
        ledger,
        random: this.root.fork('network'),
      },
      settings.network,
    )
  }

  // ---------------------------------------------------------------- hosts

  /**
   * Adds a host that runs a program, from now on. The program is what it would be in production, with @loop/net,
   * @loop/scheduler and timers; it is called again at each boot.
   *
   * ```ts
   * world.host('db', async () => {
   *   const server = await startServer(serve, { port: 5432 })
   *   await server.serveForever()
   * })
   * ```
   */
  host(name: string, main: HostMain, options: HostOptions = {}): Host {
    return this.add(name, main, options, false)
  }

  /**
   * Adds a host that is a part of the test: the simulation ends when all of them and the body have ended, and fails when
   * one of them does. Gives its outcome. Random faults do not crash it.
   */
  client<T>(main: HostMain<T>): Future<T>
  client<T>(name: string, main: HostMain<T>): Future<T>
  client<T>(first: string | HostMain<T>, second?: HostMain<T>): Future<T> {
    const main = typeof first === 'string' ? second! : first
    const loop = currentHost()?.loop
    if (loop === undefined || loop === null)
      throw new LoopError('world.client is called from the body of a simulation, or from a host')
    const host = this.add(typeof first === 'string' ? first : this.freeName('client'), main as HostMain, {}, true)
    const future = loop.createFuture<T>()
    this.clients.set(host, future as Future<unknown>)
    return future
  }

  /** A host by its name. Throws UnknownHostError. */
  get(name: string): Host {
    const host = this.hosts.get(name)
    if (host === undefined)
      throw new UnknownHostError(
        `there is no host ${describe(name)}; there are ${[...this.hosts.keys()].map((each) => `"${each}"`).join(', ')}`,
      )
    return host
  }

  /** Milliseconds since the world began. */
  now(): number {
    return this.engine.now()
  }

  /** Writes a line into the timeline of the run. */
  note(text: string): void {
    this.trace.note('note', this.engine.now(), currentHost()?.name ?? null, text)
  }

  /** Fails the run as soon as `holds` says false; it is asked after each turn of a host, so it must be quick. */
  always(what: string, holds: () => boolean): void {
    if (typeof holds !== 'function') throw new TypeError(`always takes a function, not ${describe(holds)}`)
    this.rules.push({ what, holds })
  }

  // ---------------------------------------------------------------- faults of hosts

  /** Nothing of the program runs on: no timer, no `finally`. What was not synced to its disk is lost. */
  crash(hosts: Hosts, options: CrashOptions = {}): void {
    for (const host of this.each(hosts)) {
      if (host.state === 'down') continue
      this.tell('fault', `crash ${host.name}${options.sockets === 'vanish' ? ', without a trace' : ''}`, host)
      this.lateReports = this.lateReports.filter((report) => report.host !== host)
      host.crash(options)
    }
  }

  /** Boots hosts, which crash first if they are up. */
  restart(hosts: Hosts, options: CrashOptions = {}): void {
    this.crash(hosts, options)
    for (const host of this.each(hosts)) this.bootSoon(host)
  }

  /** Stops a program where it is; time goes on, and what arrives waits. As SIGSTOP, or a very long garbage collection. */
  pause(hosts: Hosts): void {
    for (const host of this.each(hosts)) {
      this.tell('fault', `pause ${host.name}`, host)
      host.pause()
    }
  }

  /** The end of a pause. */
  resume(hosts: Hosts): void {
    for (const host of this.each(hosts)) {
      this.tell('repair', `resume ${host.name}`, host)
      host.resume()
    }
  }

  /** Moves the wall clock of hosts by so many milliseconds, backward if negative. */
  jumpClock(hosts: Hosts, ms: number): void {
    if (!Number.isFinite(ms)) throw new TypeError(`a clock is moved by a number of milliseconds, not ${describe(ms)}`)
    for (const host of this.each(hosts)) {
      this.tell('fault', `the wall clock of ${host.name} jumps by ${ms} ms`, host)
      host.jumpClock(ms)
    }
  }

  /** From now on the clocks of hosts run at this rate: 1.01 is one per cent too fast. */
  setClockRate(hosts: Hosts, rate: number): void {
    if (!(Number.isFinite(rate) && rate > 0)) throw new RangeError(`a rate is a number above 0, not ${describe(rate)}`)
    for (const host of this.each(hosts)) {
      this.tell(rate === 1 ? 'repair' : 'fault', `the clocks of ${host.name} run at ${rate}`, host)
      host.setClockRate(rate)
    }
  }

  // ---------------------------------------------------------------- faults of the network

  /** Nothing passes between the two, in either direction, until `repair`. Connections stall, and time out. */
  partition(one: Hosts, other: Hosts): void {
    this.cut(one, other, true)
    this.cut(other, one, true)
    this.tellPair('fault', 'partition', one, '|', other)
  }

  /** Nothing passes from the first to the second; the other direction works. */
  partitionOneWay(from: Hosts, to: Hosts): void {
    this.cut(from, to, true)
    this.tellPair('fault', 'partition', from, '>', to)
  }

  /** Ends partitions between the two, in both directions. */
  repair(one: Hosts, other: Hosts): void {
    this.tellPair('repair', 'repair', one, '|', other)
    this.cut(one, other, false)
    this.cut(other, one, false)
  }

  /** Ends a partition in one direction. */
  repairOneWay(from: Hosts, to: Hosts): void {
    this.tellPair('repair', 'repair', from, '>', to)
    this.cut(from, to, false)
  }

  /** What arrives between the two waits until `release`: nothing is lost, and nothing times out by itself. */
  hold(one: Hosts, other: Hosts): void {
    this.tellPair('fault', 'hold', one, '|', other)
    for (const [from, to] of this.pairs(one, other)) this.network.setHeld(from, to, true)
  }

  /** Lets what is held arrive, now and in its order. */
  release(one: Hosts, other: Hosts): void {
    this.tellPair('repair', 'release', one, '|', other)
    for (const [from, to] of this.pairs(one, other)) this.network.setHeld(from, to, false)
  }

  /** Conditions of all links. */
  setNetwork(conditions: NetworkConditions): void {
    this.network.conditions = conditionsOf(conditions, this.network.conditions)
    this.tell('fault', `network ${JSON.stringify(conditions)}`)
  }

  /** Conditions of the links between the two; null for those that all links have. */
  setLink(one: Hosts, other: Hosts, conditions: NetworkConditions | null): void {
    this.tellPair(conditions === null ? 'repair' : 'fault', `link ${JSON.stringify(conditions)}`, one, '|', other)
    for (const [from, to] of this.pairs(one, other)) this.network.setConditions(from, to, conditions)
  }

  /** Breaks all connections between the two: both ends get ECONNRESET. */
  reset(one: Hosts, other: Hosts): void {
    this.tellPair('fault', 'reset', one, '|', other)
    for (const [from, to] of this.pairs(one, other)) this.network.reset(from, to)
  }

  /**
   * The programs of hosts are told of nothing that arrives ('reads'), or nothing that they write leaves ('writes'), or
   * both, which is the default, until `unclog`.
   */
  clog(hosts: Hosts, what: 'reads' | 'writes' | 'both' = 'both'): void {
    for (const host of this.each(hosts)) {
      this.tell('fault', `clog the ${what === 'both' ? 'reads and writes' : what} of ${host.name}`, host)
      host.clog({ ...(what !== 'writes' && { reads: true }), ...(what !== 'reads' && { writes: true }) })
    }
  }

  /** The end of `clog`. */
  unclog(hosts: Hosts): void {
    for (const host of this.each(hosts)) {
      this.tell('repair', `unclog ${host.name}`, host)
      host.clog({ reads: false, writes: false })
    }
  }

  // ---------------------------------------------------------------- faults of disks, and at random

  /** Conditions of the disks of hosts: their size, how slow they are, how often they fail. */
  setDisk(hosts: Hosts, conditions: DiskConditions): void {
    for (const host of this.each(hosts)) {
      this.tell('fault', `disk of ${host.name} ${JSON.stringify(conditions)}`, host)
      host.drive.setConditions(conditions)
    }
  }

  /**
   * From now on faults happen by chance, as the profile says, and are mended again. The seed decides them; each has a
   * name, and when a run fails, those without which it does not are found.
   */
  injectFaults(profile: FaultProfile = {}): RandomFaults {
    const { ledger, root } = this
    return injectFaults(this, profile, {
      ledger,
      random: root.fork('faults'),
      after: (ms, happen) => this.engine.after(ms, happen),
      targets: () => [...this.hosts.values()].filter((host) => !host.isClient).map((host) => host.name),
      peers: () => [...this.hosts.keys()].filter((name) => name !== TEST),
    })
  }

  /** Mends everything: links, clogs, pauses, clocks' rates; hosts that are down boot. Clocks that jumped stay wrong. */
  healAll(): void {
    const all = [...this.hosts.values()]
    this.tell('repair', 'everything is mended')
    this.network.heal()
    for (const host of all) {
      host.clog({ reads: false, writes: false })
      host.resume()
      host.setClockRate(host.options.clockRate ?? 1)
      host.drive.heal()
      if (host.state === 'down' && !host.isClient) this.bootSoon(host)
    }
  }

  // ---------------------------------------------------------------- the run itself

  /** @internal Runs the body to its end, and everything that it starts. */
  run<T>(body: (world: World) => PromiseLike<T> | T): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      this.resolve = () => {
        const { engine, network, trace, ledger } = this
        resolve({
          failure: this.failure,
          value: this.value as T,
          trace,
          hash: trace.hash,
          time: engine.now(),
          messages: network.messages,
          turns: engine.turns,
          faults: ledger.happened,
          hosts: [...this.hosts.keys()],
        })
      }
      const { faults } = this.settings
      this.add(TEST, () => body(this), {}, true)
      if (faults !== null) this.injectFaults(faults)
      this.engine.start()
    })
  }

  private add(name: string, main: HostMain, options: HostOptions, isClient: boolean): Host {
    if (typeof name !== 'string' || !/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name))
      throw new TypeError(`a host has a name of letters, digits, ".", "-" and "_", not ${describe(name)}`)
    if (this.hosts.has(name)) throw new TypeError(`there is a host "${name}" already`)
    if (typeof main !== 'function')
      throw new TypeError(`the program of a host is a coroutine function, uncalled, not ${describe(main)}`)
    const { engine, network, trace, root, settings } = this
    const host = new Host(
      {
        engine,
        network,
        trace,
        random: root,
        jitter: settings.jitter,
        startMs: settings.startMs,
        disk: {
          ledger: this.ledger,
          random: root.fork(`disk ${name}`),
          trace,
          now: () => engine.now(),
          conditions: settings.disk,
        },
        booted: () => {
          trace.note('host', engine.now(), name, host.boots === 1 ? 'starts' : 'starts again')
          network.goOn()
        },
        ended: (_host, outcome) => {
          this.ended(host, outcome)
        },
        reported: (_host, context) => {
          this.reported(host, context)
        },
      },
      name,
      main,
      options,
      isClient,
    )
    this.hosts.set(name, host)
    if (isClient) this.waitingFor++
    this.bootSoon(host)
    return host
  }

  private bootSoon(host: Host): void {
    this.engine.after(0, () => {
      host.boot()
    })
  }

  private ended(host: Host, outcome: { readonly value: unknown } | { readonly error: unknown }): void {
    const failed = 'error' in outcome
    this.trace.note('host', this.engine.now(), host.name, failed ? 'fails' : 'ends')
    if (failed) this.trace.remark('error', this.engine.now(), host.name, describe(outcome.error))
    if (host.isClient) this.clientEnded(host, outcome)
    else if (failed) this.programFailed(host, outcome.error)
  }

  private clientEnded(host: Host, outcome: { readonly value: unknown } | { readonly error: unknown }): void {
    if ('error' in outcome) {
      this.fail(outcome.error)
      return
    }
    if (host.name === TEST) this.value = outcome.value
    const future = this.clients.get(host)
    if (future !== undefined)
      this.get(TEST).post(() => {
        if (!future.done()) future.setResult(outcome.value)
      })
    if (--this.waitingFor === 0) this.engine.end()
  }

  private programFailed(host: Host, cause: unknown): void {
    const { onError = 'fail' } = host.options
    if (onError === 'restart')
      this.engine.after(RESTART_MS, () => {
        host.boot()
      })
    else if (onError === 'fail')
      this.fail(
        new HostFailedError(
          `the program of host ${host.name} failed: ${describe(cause)}; ` +
            "if it may, give the host the option onError: 'stop' or 'restart'",
          host.name,
          { cause },
        ),
      )
  }

  /** What reaches the handler of a host's loop fails the run, unless it only says that something simulated failed. */
  private reported(host: Host, context: ExceptionContext): void {
    // Failures that nobody looked at are told when they are collected as garbage, at no time that a seed decides: they
    // count at the end.
    if (!this.engine.isTurnOf(host)) {
      this.lateReports.push({ host, boot: host.boots, context })
      return
    }
    this.trace.remark('error', this.engine.now(), host.name, `${context.message}: ${describe(context.exception)}`)
    this.failByReport(host, context)
  }

  private failByReport(host: Host, context: ExceptionContext): void {
    const { message, exception } = context
    if (isOfSystem(exception) || host.options.mayReport?.(context) === true) return
    this.fail(
      new HostFailedError(`host ${host.name} reported: ${message}: ${describe(exception)}`, host.name, {
        cause: exception,
      }),
    )
  }

  private checkRules(): void {
    for (const { what, holds } of this.rules) {
      try {
        if (holds()) continue
        this.fail(new LoopError(`what must always be so is not: ${what}`))
      } catch (error) {
        this.fail(error)
      }
    }
  }

  private fail(error: unknown): void {
    if (this.failure === null) {
      this.failure = { error }
      this.trace.remark('error', this.engine.now(), null, describe(error))
    }
    this.engine.end()
  }

  /** Everything stops where it is. */
  private end(): void {
    for (const host of this.hosts.values()) host.loop?.state.unseen.close()
    if (this.failure === null)
      for (const { host, context } of this.lateReports) if (this.failure === null) this.failByReport(host, context)
    for (const host of this.hosts.values()) host.crash({ sockets: 'vanish', disk: 'keep' })
    this.resolve()
  }

  private describeRest(): string {
    const waiting = [...this.hosts.values()].flatMap((host) => {
      if (host.loop === null) return [`${host.name} is down`]
      const tasks = [...allTasks(host.loop)].map((task) => {
        const { name, awaiting } = describeTask(task)
        return awaiting.length === 0 ? name : `${name} (waits for ${awaiting.map((each) => each.name).join(', ')})`
      })
      return [`${host.name} (${host.state}): ${tasks.length === 0 ? 'no task' : tasks.join(', ')}`]
    })
    return `The hosts: ${waiting.join('; ')}`
  }

  private each(hosts: Hosts): Host[] {
    const list = Array.isArray(hosts) ? (hosts as readonly (string | Host)[]) : [hosts as string | Host]
    return list.map((host) => (host instanceof Host ? host : this.get(host)))
  }

  private *pairs(one: Hosts, other: Hosts): Iterable<readonly [Machine, Machine]> {
    for (const from of this.each(one))
      for (const to of this.each(other)) {
        if (from === to) continue
        yield [from.machine, to.machine]
        yield [to.machine, from.machine]
      }
  }

  private cut(from: Hosts, to: Hosts, cut: boolean): void {
    for (const one of this.each(from))
      for (const other of this.each(to)) if (one !== other) this.network.setCut(one.machine, other.machine, cut)
  }

  private tell(kind: 'fault' | 'repair', text: string, host: Host | null = null): void {
    this.trace.note(kind, this.engine.now(), host?.name ?? null, text)
  }

  private tellPair(kind: 'fault' | 'repair', verb: string, one: Hosts, sign: string, other: Hosts): void {
    const names = (hosts: Hosts): string =>
      this.each(hosts)
        .map((host) => host.name)
        .join(', ')
    this.tell(kind, `${verb} ${names(one)} ${sign} ${names(other)}`)
  }

  private freeName(base: string): string {
    if (!this.hosts.has(base)) return base
    for (let number = 2; ; number++) if (!this.hosts.has(`${base}-${number}`)) return `${base}-${number}`
  }
}
