import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { EventLoop, Future } from '@loop/core'
import { CancelledError } from '@loop/core'
import { ConfigurationError } from './errors.ts'

/** What the configuration file sets. */
export interface Settings {
  /** Clients of the service's own that talk to its echo server. */
  readonly echoClients: number
  /** Milliseconds that each of them rests between two messages. */
  readonly echoPause: number
  /** Milliseconds from one run of the job "pulse" to the next. */
  readonly pulseEvery: number
  /** The job "flaky" fails at every so many-th run. */
  readonly failOneIn: number
}

/** The least and the most that each setting may be: enough to see a difference, too little to drown the loop. */
const ranges = {
  echoClients: [0, 100],
  echoPause: [10, 60_000],
  pulseEvery: [100, 60_000],
  failOneIn: [1, 1000],
} as const satisfies Record<keyof Settings, readonly [number, number]>

/** The file that comes with the demo. */
const ownFile = (): string => createRequire(import.meta.url).resolve('@loop/demo/service.json')

/**
 * The settings of the service, read from a JSON file at the start and again at each SIGHUP. A reload that fails changes
 * nothing and is remembered as `problem`.
 */
export class Configuration {
  readonly file: string
  settings!: Settings
  version = 0
  loadedAt = 0
  problem: string | null = null
  /** Who waits for the end of the next reload. */
  private waiting: Future<void>[] = []

  constructor(
    private readonly loop: EventLoop,
    file: string | undefined,
  ) {
    this.file = file ?? ownFile()
  }

  /**
   * Reads the file.
   *
   * @throws ConfigurationError that names the file and what is wrong
   */
  async load(): Promise<void> {
    this.settings = checkSettings(this.file, await this.read())
    this.version++
    this.loadedAt = Date.now()
    this.problem = null
  }

  private async read(): Promise<string> {
    try {
      return await this.loop.wrap(readFile(this.file, 'utf8'))
    } catch (cause) {
      if (cause instanceof CancelledError) throw cause
      throw new ConfigurationError(`${this.file} cannot be read: ${(cause as Error).message}`, { cause })
    }
  }

  /** Reads the file again; what is wrong with it becomes `problem`. Whoever waits for a reload goes on. */
  async reload(): Promise<boolean> {
    try {
      await this.load()
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      this.problem = (error as Error).message
    }
    return this.problem === null
  }

  /** Done when the next reload has been carried out. */
  nextReload(): Future<void> {
    const future = this.loop.createFuture<void>()
    this.waiting.push(future)
    return future
  }

  /** Tells those who wait that a reload has been carried out. */
  reloaded(): void {
    for (const future of this.waiting.splice(0)) if (!future.done()) future.setResult()
  }
}

/**
 * The settings in a text.
 *
 * @throws ConfigurationError that names the setting
 */
export function checkSettings(file: string, text: string): Settings {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (cause) {
    throw new ConfigurationError(`${file} is not JSON: ${(cause as Error).message}`, { cause })
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigurationError(`${file} must hold one JSON object`)
  const unknown = Object.keys(given).find((name) => !(name in ranges))
  if (unknown !== undefined)
    throw new ConfigurationError(
      `${file}: there is no setting "${unknown}"; there are ${Object.keys(ranges).join(', ')}`,
    )
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = (given as Record<string, unknown>)[name]
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      throw new ConfigurationError(
        `${file}: "${name}" is a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`,
      )
    }
  }
  return given as Settings
}
