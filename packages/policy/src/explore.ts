import type { CoroutineFunction, EventLoop, ExceptionContext } from '@loop/core'
import { LoopError, run } from '@loop/core'
import { checkCoroutineFunction, describe } from '@loop/core/lowlevel'
import process from 'node:process'
import type { DeterministicLoop } from './deterministic-loop.ts'
import { deterministicLoop } from './deterministic-loop.ts'
import type { DeterministicLoopOptions } from './deterministic-options.ts'
import { ExplorationError, NotReproducibleError } from './errors.ts'
import { isSeed, LARGEST_SEED } from './random.ts'

/** Options of {@link explore}. */
export interface ExploreOptions extends Pick<
  DeterministicLoopOptions,
  'start' | 'jitter' | 'promises' | 'patienceMs' | 'deadlockAfter'
> {
  /** How many seeds are tried; 100 by default, enough for a race that shows in one order out of twenty. */
  readonly runs?: number
  /** The first of them; 1 by default. */
  readonly firstSeed?: number
}

/** Why a run failed. */
interface Failure {
  readonly error: unknown
  /** Whether it waited for promises from outside the loop. */
  readonly outside: boolean
}

/** One in twenty is missed a hundred times in a row once in 170 explorations. */
const DEFAULT_RUNS = 100
/** The variable of the environment that holds a seed to replay. */
const REPLAY = 'LOOP_SEED'

/**
 * Runs a test once for each of many seeds, which differ in every order that is not promised, until it fails. With
 * `jitter` they differ in durations, too: then a test may not look at exact times.
 *
 * Throws ExplorationError with the smallest failing seed and the error as `cause`. The error comes from a second run
 * under that seed, with the loop's debug mode on; when that run does not fail, NotReproducibleError says so. With the
 * variable LOOP_SEED set in the environment, that seed alone is run. A test fails, too, by an error that reaches the
 * loop's exception handler.
 *
 * ```ts
 * test('transfers never lose money', () => explore(async () => { … }, { runs: 500, jitter: true }))
 * ```
 */
export async function explore(test: CoroutineFunction<unknown>, options: ExploreOptions = {}): Promise<void> {
  checkCoroutineFunction(test, 'explore')
  const seeds = seedsToTry(options)
  for (const seed of seeds) {
    const failure = await attempt(test, seed, false, options)
    if (failure !== null) throw await confirmed(test, seed, failure, seeds, options)
  }
}

/**
 * The seeds that an exploration tries, in ascending order: the first that fails is the smallest. With the variable
 * LOOP_SEED set in the environment, that one alone. Throws RangeError for what are no seeds.
 */
export function seedsToTry({
  runs = DEFAULT_RUNS,
  firstSeed = 1,
}: {
  readonly runs?: number
  readonly firstSeed?: number
} = {}): number[] {
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`runs is a whole number from 1, not ${describe(runs)}`)
  const replay = process.env[REPLAY]
  if (replay !== undefined && replay !== '') return [checkSeed(Number(replay), REPLAY)]
  checkSeed(firstSeed, 'firstSeed')
  checkSeed(firstSeed + runs - 1, 'the last seed')
  return Array.from({ length: runs }, (_, i) => firstSeed + i)
}

function checkSeed(seed: number, what: string): number {
  if (!isSeed(seed))
    throw new RangeError(`${what} must be a whole number from 0 to ${LARGEST_SEED}, not ${describe(seed)}`)
  return seed
}

/**
 * Runs the test once; its error, boxed, or null. An error that reached the loop's exception handler is one of the test:
 * a race may well show in a callback or in a task that nobody awaits.
 */
async function attempt(
  test: CoroutineFunction<unknown>,
  seed: number,
  debug: boolean,
  { runs: _runs, firstSeed: _firstSeed, ...options }: ExploreOptions,
): Promise<Failure | null> {
  const makeLoop = deterministicLoop({ ...options, seed, debug, onFailure: () => {} })
  const reports: ExceptionContext[] = []
  let made: DeterministicLoop | null = null
  const loopFactory = (): EventLoop => {
    const loop = makeLoop()
    made = loop
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    return loop
  }
  try {
    await run(test, { loopFactory })
  } catch (error) {
    return { error, outside: sawPromises(made) }
  }
  const [first] = reports
  return first === undefined
    ? null
    : { error: first.exception ?? new LoopError(first.message), outside: sawPromises(made) }
}

function sawPromises(loop: DeterministicLoop | null): boolean {
  return loop?.sawPromisesFromOutside === true
}

async function confirmed(
  test: CoroutineFunction<unknown>,
  seed: number,
  failure: Failure,
  seeds: readonly number[],
  options: ExploreOptions,
): Promise<Error> {
  const again = await attempt(test, seed, true, options)
  if (again === null) {
    const why = failure.outside
      ? 'it waits for several promises from outside the loop or races them with something else, and a seed does not decide their order'
      : 'it depends on something outside the loop: real time, real I/O, Math.random, or state that one run leaves to the next'
    const message = `the test failed under seed ${seed}, but not when it was run again; ${why}: ${describe(failure.error)}`
    return new NotReproducibleError(message, seed, { cause: failure.error })
  }
  const before = seeds.indexOf(seed)
  const passed = before === 0 ? '' : `, after passing under ${before} smaller one${before === 1 ? '' : 's'}`
  const replay = `Replay it with ${REPLAY}=${seed} in the environment, or with deterministicLoop({ seed: ${seed} }).`
  return new ExplorationError(`failed under seed ${seed}${passed}: ${describe(again.error)}\n${replay}`, seed, {
    cause: again.error,
  })
}
