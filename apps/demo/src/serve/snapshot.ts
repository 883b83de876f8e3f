import { randomUUID } from 'node:crypto'
import type { EventLoop } from '@loop/core'
import type { Registration, SocketAddress, StreamInfo } from '@loop/core/lowlevel'
import type {
  ConfigurationFigures,
  DescriptorFigures,
  EchoFigures,
  JobFigures,
  LoopFigures,
  PoolFigures,
  SelectorFigures,
  ServerFigures,
  Snapshot,
} from '@loop/demo-page/wire'
import type { PoolExecutor } from '@loop/executor'
import type { Server } from '@loop/net'
import type { AsyncScheduler, JobStatus } from '@loop/scheduler'
import type { Configuration } from './configuration.ts'
import type { ControlPipe } from './control-pipe.ts'
import type { EchoCounts } from './echo.ts'
import type { LagHistogram } from './lag-histogram.ts'
import type { SlowCallbacks } from './slow-callbacks.ts'
import { taskFigures } from './task-tree.ts'

/** A pool with what the page says about it. */
export interface NamedPool {
  readonly name: string
  readonly kind: PoolFigures['kind']
  readonly maxWorkers: number
  readonly pool: PoolExecutor
}

/** The parts of the service that a snapshot reads. */
export interface Parts {
  readonly loop: EventLoop
  readonly slow: SlowCallbacks
  readonly lag: LagHistogram
  readonly pools: readonly NamedPool[]
  readonly scheduler: AsyncScheduler
  readonly echo: { readonly server: Server; readonly counts: EchoCounts }
  readonly control: ControlPipe | null
  readonly configuration: Configuration
}

/** What a snapshot says about the view itself. */
export type ViewFigures = Pick<ServerFigures, 'every' | 'snapshotCost' | 'watchers'>

const id = randomUUID()
const startedAt = Date.now()

/**
 * The state of the service at this moment. It only reads counters and lists that are there already; nothing is measured
 * for it.
 */
export function takeSnapshot(parts: Parts, view: ViewFigures): Snapshot {
  const { loop, slow, lag, pools, scheduler, echo, configuration } = parts
  const { p50, p99, max } = slow.monitor.lag()
  return {
    server: { id, pid: process.pid, runtime: `Node ${process.versions.node}`, startedAt, ...view },
    at: Date.now(),
    loop: loopFigures(parts),
    lag: { p50, p99, max, buckets: lag.buckets() },
    selector: selectorFigures(parts),
    pools: pools.map(poolFigures),
    jobs: scheduler.status().map(jobFigures),
    tasks: taskFigures(loop),
    slow: slow.figures(),
    echo: echoFigures(echo),
    configuration: configurationFigures(configuration),
  }
}

function loopFigures({ loop, slow }: Parts): LoopFigures {
  const { turns, handles, events, timersFired, ready, timers, tasks, drain } = loop.statistics()
  const { active, idle } = slow.monitor.times()
  return { turns, handles, events, timersFired, ready, timers, tasks, active, idle, drain }
}

function selectorFigures({ loop, control }: Parts): SelectorFigures {
  const { selector } = loop
  const { fd, pollable, streams } = selector.supports
  const watches = [fd && 'descriptors', pollable && 'pollable objects', streams && 'batched streams'].filter(
    (kind) => kind !== false,
  )
  const reader = ({ source }: Registration): DescriptorFigures => ({
    fd: typeof source === 'number' ? source : null,
    kind: 'reader',
    place: control?.describe(source) ?? 'a reader',
  })
  return {
    name: selector.name,
    watches,
    descriptors: [
      ...(selector.registered?.() ?? []).map(reader),
      ...(selector.streams?.open() ?? []).map(socketFigures),
    ],
  }
}

const socketFigures = ({ fd, kind, local, remote }: StreamInfo): DescriptorFigures => ({
  fd,
  kind,
  place: remote === undefined ? nameOf(local) : `${nameOf(local)} ⇄ ${nameOf(remote)}`,
})

function nameOf(address: SocketAddress | undefined): string {
  if (address === undefined) return 'not bound'
  if (address.family === 'unix') return address.path
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}

function poolFigures({ name, kind, maxWorkers, pool }: NamedPool): PoolFigures {
  const { workers, idle, running, waiting, succeeded, failed, cancelled, runTime } = pool.statistics()
  return {
    name,
    kind,
    maxWorkers,
    workers,
    idle,
    running,
    waiting,
    succeeded,
    failed,
    cancelled,
    runP50: runTime.p50,
    runMax: runTime.max,
  }
}

function jobFigures(status: JobStatus): JobFigures {
  const { name, schedule, state, nextRun, lastRun, lastOutcome, lastDuration, lastError, runs, failures } = status
  return {
    name,
    schedule,
    state,
    lastOutcome,
    lastDuration,
    lastError,
    runs,
    failures,
    nextRun: nextRun?.getTime() ?? null,
    lastRun: lastRun?.getTime() ?? null,
  }
}

function echoFigures({ server, counts: { messages, bytes, roundTrip } }: Parts['echo']): EchoFigures {
  const socket = server.sockets[0]
  return { address: nameOf(socket), connections: server.connections, messages, bytes, roundTrip }
}

function configurationFigures({ file, version, loadedAt, settings, problem }: Configuration): ConfigurationFigures {
  return { file, version, loadedAt, settings: { ...settings }, problem }
}
