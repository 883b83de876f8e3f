import type { Coroutine, ExceptionContext } from '@loop/core'
import { run } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Leaving, Machine } from '../network/machine.ts'
import type { Network } from '../network/network.ts'
import { SimulatedStreams } from '../network/streams.ts'
import type { DiskWorld } from '../disk/disk.ts'
import { Disk } from '../disk/disk.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { Random } from '../random.ts'
import type { Engine, Runner } from './engine.ts'
import { HostClock } from './host-clock.ts'
import { HostSelector } from './host-selector.ts'
import { SimulatedLoop } from './simulated-loop.ts'
import type { Trace } from './trace.ts'

/** The program of a host: an async or a generator function. It is called at each boot. */
export type HostMain<T = unknown> = (host: Host) => PromiseLike<T> | Coroutine<T> | T

/** Options of {@link World.host}. */
export interface HostOptions {
  /** How much faster than the world its clocks run: 1.01 is one per cent. 1 by default. */
  readonly clockRate?: number
  /** Milliseconds that its wall clock is ahead of the world's (negative: behind). */
  readonly clockOffset?: number
  /**
   * What follows when its main function throws: the simulation fails ('fail', the default), the host is down ('stop'),
   * or it boots again after a second, as under a supervisor ('restart').
   */
  readonly onError?: 'fail' | 'stop' | 'restart'
  /**
   * Says which reports to the exception handler of its loop do not fail the simulation, beside those that a connection
   * or a disk failed.
   */
  readonly mayReport?: (context: ExceptionContext) => boolean
}

/** How a host goes down. */
export interface CrashOptions {
  /**
   * What peers see. 'reset': its system ends its connections, and refuses new ones, as when a process is killed (the
   * default). 'vanish': nothing at all, as when a machine loses its power; until it is up again, nobody answers.
   */
  readonly sockets?: 'reset' | 'vanish'
  /** What was written and not synced: it is lost, wholly or in part ('lose', the default), or kept. */
  readonly disk?: 'lose' | 'keep'
}

/** What a host takes from its world. */
export interface HostWorld {
  readonly engine: Engine
  readonly network: Network
  readonly trace: Trace
  readonly random: Random
  readonly jitter: number
  /** Wall time at world time 0. */
  readonly startMs: number
  readonly disk: DiskWorld
  booted(host: Host): void
  ended(host: Host, outcome: { readonly value: unknown } | { readonly error: unknown }): void
  reported(host: Host, context: ExceptionContext): void
}

/**
 * A machine with one program, which has a loop, a clock, a disk and an address of its own:
 *
 *     down ─boot─> up <─pause, resume─> paused
 *       ▲           └─ its main function ends, or it crashes ─┐
 *       └─────────────────────────────────────────────────────┘
 */
export class Host implements Runner {
  /** Its numeric address; its name can be looked up. */
  readonly address: string
  readonly index: number
  state: 'up' | 'paused' | 'down' = 'down'
  /** How often it has booted. */
  boots = 0
  /** @internal */
  selector: HostSelector | null = null
  /** Its loop; null while it is down. */
  loop: SimulatedLoop | null = null
  /** Random numbers for its program, others at each boot. */
  random: Random
  /** @internal */
  readonly machine: Machine
  private readonly files: Disk
  private clock: HostClock | null = null
  private rate: number
  private offset: number

  /** @internal Use {@link World.host}. */
  constructor(
    private readonly world: HostWorld,
    readonly name: string,
    private readonly main: HostMain,
    /** @internal */
    readonly options: HostOptions,
    /** @internal Whether it is part of the test: its end counts, and random faults spare it. */
    readonly isClient: boolean,
  ) {
    const { clockRate = 1, clockOffset = 0 } = options
    if (!(Number.isFinite(clockRate) && clockRate > 0))
      throw new RangeError(`clockRate is a number above 0, not ${describe(clockRate)}`)
    if (!Number.isFinite(clockOffset))
      throw new RangeError(`clockOffset is a number of milliseconds, not ${describe(clockOffset)}`)
    this.rate = clockRate
    this.offset = clockOffset
    this.machine = world.network.add(name)
    this.address = this.machine.address
    this.index = world.engine.runners.length
    world.engine.runners.push(this)
    this.random = world.random.fork(`host ${name} 0`)
    this.files = new Disk(this, world.disk)
  }

  /** Its disk: what was synced survives a crash. */
  get disk(): FileSystem {
    return this.files.files
  }

  /** Whether it is up and not paused. */
  get isRunning(): boolean {
    return this.state === 'up'
  }

  /** Its wall time, in milliseconds since 1970: right only if its clock is. */
  wallTime(): number {
    return Math.round(this.world.startMs + this.offset + this.world.engine.now() * this.rate)
  }

  /** Writes a line into the timeline of the run, and so into what two runs of a seed are compared by. */
  note(text: string): void {
    this.world.trace.note('note', this.world.engine.now(), this.name, text)
  }

  /** @internal Has `run` called in its next turn, if it is up. */
  post(run: () => void): void {
    this.selector?.post(run)
  }

  /** @internal Starts its program. Outside of all turns. */
  boot(): void {
    if (this.state !== 'down') return
    const { world, machine, name } = this
    this.state = 'up'
    this.boots++
    this.random = world.random.fork(`host ${name} ${this.boots}`)
    const clock = new HostClock(world.engine, this.rate)
    const streams = new SimulatedStreams(world.network, machine, (run) => {
      selector.post(run)
    })
    const selector = new HostSelector(world.engine, clock, streams, world.network.resolver)
    const loop = new SimulatedLoop({
      clock,
      selector,
      random: this.random,
      jitter: world.jitter,
      wall: { now: () => this.wallTime() },
    })
    loop.setExceptionHandler((_loop, context) => {
      if (this.loop === loop) world.reported(this, context)
    })
    Object.assign(this, { clock, selector, loop })
    machine.streams = streams
    machine.isSilent = false
    world.booted(this)
    const ended = (outcome: { readonly value: unknown } | { readonly error: unknown }): void => {
      if (this.loop !== loop) return
      this.goDown('close')
      world.ended(this, outcome)
    }
    const main = (this.main as (host: Host) => PromiseLike<unknown>).bind(null, this)
    codeOf
      .run(this, () => run(main, { loopFactory: () => loop }))
      .then(
        (value) => {
          ended({ value })
        },
        (error: unknown) => {
          ended({ error })
        },
      )
  }

  /** @internal Nothing of its program runs on. */
  crash({ sockets = 'reset', disk = 'lose' }: CrashOptions): void {
    const { loop } = this
    if (loop === null) return
    this.machine.isSilent = sockets === 'vanish'
    this.goDown(sockets)
    loop.abandon()
    this.files.crash(disk)
  }

  /** @internal */
  pause(): void {
    if (this.state === 'up') this.state = 'paused'
  }

  /** @internal */
  resume(): void {
    if (this.state === 'paused') this.state = 'up'
  }

  /** @internal */
  clog(part: { readonly reads?: boolean; readonly writes?: boolean }): void {
    const { clogged, streams } = this.machine
    Object.assign(clogged, part)
    if (streams === null) return
    const sockets = [...streams.connections, ...[...streams.datagrams.values()].flat()]
    if (!clogged.reads) for (const each of sockets) each.deliverAll()
    if (!clogged.writes) for (const each of sockets) each.transmit()
  }

  /** @internal */
  jumpClock(ms: number): void {
    this.offset += ms
  }

  /** @internal */
  setClockRate(rate: number): void {
    // The wall time goes on from where it is.
    this.offset += this.world.engine.now() * (this.rate - rate)
    this.rate = rate
    this.clock?.setRate(rate)
    // Its deadlines are at other times of the world now.
    this.selector?.wake()
  }

  /** @internal Shows what can be done to its disk. */
  get drive(): Disk {
    return this.files
  }

  private goDown(how: Leaving): void {
    const { selector } = this
    this.state = 'down'
    this.machine.streams?.leave(how)
    this.machine.streams = null
    this.machine.clogged = { reads: false, writes: false }
    this.clock?.freeze()
    selector?.kill()
    this.loop = null
    this.selector = null
    this.clock = null
    this.world.engine.left(this)
  }
}

/** Whose code it is, in whatever turn or callback of Node it goes on. */
const codeOf = new AsyncLocalStorage<Host>()

/** The host whose code calls; null outside of all hosts. For what only makes sense in a simulation. */
export function currentHost(): Host | null {
  return codeOf.getStore() ?? null
}
