import type { EventLoop, Task } from '@loop/core'
import { currentTask, getRunningLoop } from '@loop/core'
import { ProcessPoolExecutor, ThreadPoolExecutor } from '@loop/executor'
import type { Server } from '@loop/net'
import type { JobStore } from '@loop/scheduler'
import { AsyncScheduler } from '@loop/scheduler'
import type { GracefulShutdown, ShutdownReport } from '@loop/signals'
import { gracefulShutdown } from '@loop/signals'
import { storeFor } from '../jobs/stores.ts'
import { Configuration } from './configuration.ts'
import { ControlPipe } from './control-pipe.ts'
import { EchoCounts, runClients, startEcho } from './echo.ts'
import { ServeOptionError } from './errors.ts'
import { HttpFront } from './http-front.ts'
import { addJobs, replanJobs } from './jobs.ts'
import { LagHistogram } from './lag-histogram.ts'
import { LiveFeed } from './live-feed.ts'
import type { ServeOptions } from './options.ts'
import { readPage } from './page-files.ts'
import { SlowCallbacks } from './slow-callbacks.ts'
import type { NamedPool } from './snapshot.ts'
import { takeSnapshot } from './snapshot.ts'

/** What a service needs besides its options. */
export interface Surroundings {
  /** Takes what the service has to say, a line at a time. */
  say(line: string): void
  /** The built page's folder, for tests; the package's own by default. */
  readonly pageFolder?: string
}

/** As many as the cores of a small machine can use, and few enough to see them queue. */
const THREADS = 2
const PROCESSES = 1

/** Milliseconds that running jobs get at the end: ours take less than one second. */
const JOBS_END = 2_000

/**
 * Runs the service in the calling task until a signal ends it.
 *
 * Each part is closed twice over: by a step of the graceful end, in its order and under its deadline, and by `using`,
 * which also holds when the start fails half way.
 *
 * @throws ConfigurationError, ListenError, PageMissingError; ServeOptionError for a store that does not exist
 */
export async function runService(options: ServeOptions, { say, pageFolder }: Surroundings): Promise<ShutdownReport> {
  const loop = getRunningLoop()
  currentTask()?.setName('service')
  // While it starts there is nothing to reload, but it can be told to end.
  let reload = (): Promise<void> => Promise.resolve()
  const shutdown = gracefulShutdown({ onReload: () => reload() })
  const page = readPage(pageFolder)
  const configuration = new Configuration(loop, options.config)
  await configuration.load()
  const store = await loop.wrap(openStore(options.store))

  const slow = new SlowCallbacks()
  using _monitor = slow.monitor.start(loop)
  using lag = new LagHistogram(loop)
  await using threads = new ThreadPoolExecutor({ maxWorkers: THREADS, namePrefix: 'service-thread' })
  await using processes = new ProcessPoolExecutor({ maxWorkers: PROCESSES, namePrefix: 'service-process' })
  await using scheduler = new AsyncScheduler({ store, closeTimeout: JOBS_END })
  scheduler.on('failure', ({ name, error }) => {
    say(`job ${name} failed: ${String(error)}`)
  })
  const counts = new EchoCounts()
  await using server = await startEcho(counts, options.host, options.echoPort)
  using clients = new Clients(loop, server, counts, configuration, shutdown.signal)
  using control = ControlPipe.open(loop, (word) => {
    if (word === 'reload') process.kill(process.pid, 'SIGHUP')
    else if (word === 'stop') shutdown.request()
    else say(`the control pipe takes "reload" and "stop", not "${word}"`)
  })
  const pools: NamedPool[] = [
    { name: 'threads', kind: 'threads', maxWorkers: THREADS, pool: threads },
    { name: 'processes', kind: 'processes', maxWorkers: PROCESSES, pool: processes },
  ]
  const parts = { loop, slow, lag, pools, scheduler, echo: { server, counts }, control, configuration }
  const feed = new LiveFeed(loop, options.every, (view) => takeSnapshot(parts, view))
  const publish = (): void => {
    feed.publish()
  }
  using front = new HttpFront({
    loop,
    host: options.host,
    page,
    feed,
    actions: { loop, threads, scheduler, configuration, publish },
  })
  const address = await front.listen(options.port)

  const places = { loop, threads, processes }
  addJobs(scheduler, configuration.settings, places)
  clients.start()

  reload = async () => {
    const before = configuration.settings
    try {
      if (await configuration.reload()) {
        replanJobs(scheduler, before, configuration.settings, places)
        clients.start()
      }
      say(
        configuration.problem === null
          ? `configuration: version ${configuration.version}`
          : `configuration kept: ${configuration.problem}`,
      )
    } finally {
      configuration.reloaded()
    }
  }

  endInOrder(shutdown, { ...parts, threads, processes, server, front, feed })
  // A terminal that is gone hangs up, which reloads, and takes no more lines, which ends.
  process.stdout.once('error', () => {
    shutdown.request()
  })
  say(`the live view is at ${address}`)
  say(`the echo server is at ${options.host}:${server.port}, the selector is ${loop.selector.name}`)
  if (control !== null) say(`control pipe: echo reload > ${control.path}`)
  say(`process ${process.pid}: SIGHUP reloads ${configuration.file}; SIGTERM and Ctrl+C end it`)
  return await shutdown.wait()
}

/** The parts that an orderly end closes. */
interface Closing {
  readonly front: HttpFront
  readonly feed: LiveFeed
  readonly server: Server
  readonly scheduler: AsyncScheduler
  readonly slow: SlowCallbacks
  readonly threads: ThreadPoolExecutor
  readonly processes: ProcessPoolExecutor
}

/** The steps of the end: first nothing new comes in, and last, in reverse order, connections, pools and the monitor. */
function endInOrder(
  shutdown: GracefulShutdown,
  { front, feed, server, scheduler, slow, threads, processes }: Closing,
): void {
  shutdown.stopAccepting(() => {
    front.stopAccepting()
  }, 'page')
  // Streams of events have no end of their own.
  shutdown.stopAccepting(() => {
    feed.close()
  }, 'events')
  shutdown.stopAccepting(() => {
    server.close()
  }, 'echo server')
  shutdown.add(slow.monitor, 'monitor').add(processes, 'processes').add(threads, 'threads').add(scheduler, 'scheduler')
  shutdown.close(() => endEcho(server), 'echo connections')
  shutdown.close(() => {
    front.close()
  }, 'page connections')
}

/** The store that was asked for; a choice that does not exist is an error of the command line. */
async function openStore(choice: string): Promise<JobStore> {
  try {
    return await storeFor(choice)
  } catch (error) {
    throw error instanceof RangeError ? new ServeOptionError(error.message, { cause: error }) : error
  }
}

async function endEcho(server: Server): Promise<void> {
  server.closeClients()
  await server.waitClosed()
}

/** The task that is the service's own clients; a reload starts it anew. */
class Clients implements Disposable {
  private task: Task<void> | null = null

  constructor(
    private readonly loop: EventLoop,
    private readonly server: Server,
    private readonly counts: EchoCounts,
    private readonly configuration: Configuration,
    /** Aborted when the service ends: they would talk for ever. */
    private readonly ending: AbortSignal,
  ) {}

  /** Ends those there are, and starts as many as the settings say. */
  start(): void {
    const {
      loop,
      server,
      counts,
      ending,
      configuration: {
        settings: { echoClients, echoPause },
      },
    } = this
    if (ending.aborted) return
    this.task?.cancel('the configuration was reloaded')
    this.task = loop.createTask(() => runClients(loop, server, counts, echoClients, echoPause), {
      name: 'echo clients',
      signal: ending,
    })
  }

  [Symbol.dispose](): void {
    this.task?.cancel()
  }
}
