import { InvalidStateError, runningLoop } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import { watchAmbient } from './ambient.ts'
import { AmbientError, NotDeterministicError } from './errors.ts'
import type { RunSettings, Settings, SimulateOptions } from './options.ts'
import { settingsOf } from './options.ts'
import { failureReport } from './report/report.ts'
import { timelineOf } from './report/timeline.ts'
import { smallest } from './shrink.ts'
import type { Outcome } from './world/world.ts'
import { World } from './world/world.ts'

/** What is simulated: it adds hosts to the world, makes things go wrong, and checks what must be so. */
export type Simulation<T = unknown> = (world: World) => PromiseLike<T> | T

/** How a simulation went. */
export interface SimulationResult<T> {
  /** How many seeds were run. */
  readonly runs: number
  /** The last of them; the rest is about its run. */
  readonly seed: number
  /** What the body returned. */
  readonly value: T
  /** Stands for everything that happened: two runs with the same one were the same. */
  readonly hash: string
  /** Milliseconds of virtual time. */
  readonly time: number
  /** Messages that arrived. */
  readonly messages: number
  /** Turns of all hosts. */
  readonly turns: number
  /** The names of the faults that chance brought about. */
  readonly faults: readonly string[]
}

/**
 * Runs a whole distributed program in one thread, in virtual time: hosts with programs as they are in production, the
 * network between them, their disks and clocks, and what goes wrong. Everything that chance decides comes from the
 * seed, so a run that failed can be had again.
 *
 * ```ts
 * await simulate(async (world) => {
 *   world.host('db', dbMain)
 *   world.host('web', webMain)
 *   const client = world.client(async () => { … })
 *   await sleep(5_000)
 *   world.partition('db', 'web')
 *   await sleep(5_000)
 *   world.repair('db', 'web')
 *   await client
 * }, { runs: 500, network: { latency: [1, 20], loss: 0.01 } })
 * ```
 *
 * The body runs on a host of its own, "test". A run ends when it and all clients have ended, and fails when one of them
 * throws, when the program of a host does, or when something reaches the exception handler of a host's loop that is not
 * of a fault. Then the fewest faults are sought with which it still fails, and a {@link SimulationError} tells all about
 * it. The variables LOOP_SEED and LOOP_FAULTS in the environment run one seed again, with these faults only.
 *
 * Throws InvalidStateError inside of a running loop, which would be on the world's thread and in no world.
 */
export async function simulate<T>(body: Simulation<T>, options: SimulateOptions = {}): Promise<SimulationResult<T>> {
  if (typeof body !== 'function') throw new TypeError(`simulate takes a function of a world, not ${describe(body)}`)
  if (runningLoop() !== null)
    throw new InvalidStateError('simulate runs loops of its own: call it from outside of a running loop')
  const settings = settingsOf(options)
  let last: Outcome<T> | null = null
  for (const seed of settings.seeds) {
    last = await attempt(body, seed, settings, settings.run)
    if (last.failure !== null) throw await failed(body, seed, settings, last)
    if (settings.checks.has('twice')) await compare(body, seed, settings, last)
  }
  const { value, hash, time, messages, turns, faults } = last!
  const { seeds } = settings
  return { runs: seeds.length, seed: seeds.at(-1)!, value: value as T, hash, time, messages, turns, faults }
}

/** Runs one seed once. */
async function attempt<T>(
  body: Simulation<T>,
  seed: number,
  settings: Settings,
  run: RunSettings,
): Promise<Outcome<T>> {
  if (!settings.checks.has('ambient')) return await new World(seed, run).run(body)
  const watch = watchAmbient()
  let outcome: Outcome<T>
  try {
    outcome = await new World(seed, run).run(body)
  } finally {
    watch.stop()
  }
  const { found } = watch
  if (outcome.failure !== null || found.length === 0) return outcome
  const error = new AmbientError(`hosts ask for what no seed decides:\n${found.map((each) => `  ${each}`).join('\n')}`)
  return { ...outcome, failure: { error } }
}

/** Runs a seed that failed again, with fewer faults and to be read. */
async function failed<T>(body: Simulation<T>, seed: number, settings: Settings, first: Outcome<T>): Promise<Error> {
  const again = (onlyFaults: ReadonlySet<string> | null, keeps: boolean): Promise<Outcome<T>> =>
    attempt(body, seed, settings, { ...settings.run, onlyFaults, keeps })
  const facts = { seed, seeds: settings.seeds, directory: settings.reports }
  const repeated = await again(settings.run.onlyFaults, true)
  if (repeated.failure === null || repeated.hash !== first.hash) {
    // What was asked of the real world has made the difference, most likely.
    if (!(first.failure!.error instanceof AmbientError)) return await differing(body, seed, settings)
    return failureReport({ ...facts, first, shown: { ...repeated, failure: first.failure }, kept: first.faults })
  }
  const kept = await smallest(first, settings.shrink, (faults) => again(new Set(faults), false))
  const shown = kept.length === first.faults.length ? repeated : await again(new Set(kept), true)
  return failureReport({ ...facts, first, shown, kept })
}

/** Runs a seed that passed again. */
async function compare<T>(body: Simulation<T>, seed: number, settings: Settings, first: Outcome<T>): Promise<void> {
  const second = await attempt(body, seed, settings, settings.run)
  if (second.hash !== first.hash || second.failure !== null) throw await differing(body, seed, settings)
}

/** Runs a seed that gives different runs twice more, to be read: that shows where they part. */
async function differing(body: Simulation, seed: number, settings: Settings): Promise<NotDeterministicError> {
  const run = { ...settings.run, keeps: true }
  const one = await attempt(body, seed, settings, run)
  const other = await attempt(body, seed, settings, run)
  const [lines, otherLines] = [one, other].map((outcome) => timelineOf(outcome).split('\n'))
  const at = lines!.findIndex((line, index) => line !== otherLines![index])
  const where = at >= 0 ? `\nThe first difference:\n  ${lines![at]}\n  ${otherLines![at] ?? '(nothing)'}` : ''
  const failures = [one, other].map(({ failure }) =>
    failure === null ? 'passed' : `failed: ${describe(failure.error)}`,
  )
  const how =
    failures[0] === failures[1] ? `both ${failures[0]}` : `the first ${failures[0]}, the second ${failures[1]}`
  return new NotDeterministicError(
    `two runs of seed ${seed} differ (${how}): something is decided outside of the simulation, such as real time, ` +
      `real I/O, Math.random, or state that one run leaves to the next. check: 'ambient' names much of it.${where}`,
    seed,
  )
}
