import type { EventLoop, Executor } from '@loop/core'
import { gather, sleep } from '@loop/core'
import type { ActionName } from '@loop/demo-page/wire'
import type { AsyncScheduler } from '@loop/scheduler'
import type { Configuration } from './configuration.ts'
import { ActionInputError } from './errors.ts'
import { countPrimes } from './work.ts'

/** What the actions work on. */
export interface ActionParts {
  readonly loop: EventLoop
  readonly threads: Executor
  readonly scheduler: AsyncScheduler
  readonly configuration: Configuration
  /** Shows the page the state of this moment. */
  publish(): void
}

/**
 * Does what a button says, and tells in a sentence what came of it. Throws ActionInputError, and RequestError for the
 * rest.
 */
export type Action = (parts: ActionParts, input: Readonly<Record<string, unknown>>) => Promise<string>

/** The actions by name. */
export const actions: Readonly<Record<ActionName, Action>> = { block, burst, heavy, cancel, hangup }

const number = new Intl.NumberFormat('en')

/** Holds the loop, as a computation that belongs in a thread does. */
async function block({ loop }: ActionParts, input: Readonly<Record<string, unknown>>): Promise<string> {
  // At most two seconds: longer teaches nothing more.
  const ms = integer(input, 'ms', 500, 1, 2000)
  const blocked = loop.createFuture<number>()
  loop.callSoon(function blockTheLoop() {
    blocked.setResult(computeFor(ms))
  })
  return `The loop was blocked for ${Math.round(await blocked)} ms.`
}

/** Computes something that nobody needs for `ms` milliseconds; how long it really was. */
function computeFor(ms: number): number {
  const began = performance.now()
  let past = 0
  while (past < ms) {
    let sum = 0
    // Ten thousand roots are far less than a millisecond: fine enough to end in time, coarse enough not to measure the
    // clock.
    for (let n = 0; n < 10_000; n++) sum += Math.sqrt(n)
    past = sum > 0 ? performance.now() - began : ms
  }
  return past
}

/** Many tasks at once, which all stand in the ready queue together. */
async function burst({ loop, publish }: ActionParts, input: Readonly<Record<string, unknown>>): Promise<string> {
  // Ten times the lesson's number is as many as a demonstration can want.
  const count = integer(input, 'tasks', 10_000, 1, 100_000)
  const began = loop.time()
  const tasks = Array.from({ length: count }, () =>
    loop.createTask(function* burstTask() {
      yield* sleep(0)
    }),
  )
  const { ready } = loop.statistics()
  publish()
  await gather(tasks)
  return `${number.format(count)} tasks ended after ${Math.round(loop.time() - began)} ms; the ready queue held ${number.format(ready)}.`
}

/** Work for a processor, in a thread: the loop goes on. */
async function heavy(
  { loop, threads, publish }: ActionParts,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  // Four million takes a second or so: long enough to see that the loop goes on. The most takes some twenty times as
  // long.
  const limit = integer(input, 'limit', 4_000_000, 1, 30_000_000)
  const { turns } = loop.statistics()
  const began = loop.time()
  const counting = loop.runInExecutor(threads, countPrimes, limit)
  publish()
  const primes = await counting
  const meanwhile = loop.statistics().turns - turns
  const seconds = ((loop.time() - began) / 1000).toFixed(1)
  return `${number.format(primes)} primes below ${number.format(limit)} in ${seconds} s; the loop made ${number.format(meanwhile)} turns meanwhile.`
}

/** Takes a job from the scheduler; a reload of the configuration brings it back. */
async function cancel({ scheduler, publish }: ActionParts, input: Readonly<Record<string, unknown>>): Promise<string> {
  const { job } = input
  if (typeof job !== 'string' || job === '') throw new ActionInputError(400, '"job" must be the name of a job')
  if (!scheduler.cancel(job)) throw new ActionInputError(404, `there is no job "${job}"`)
  publish()
  return `The job ${job} was cancelled. A reload (SIGHUP) brings it back.`
}

/** Sends this process a SIGHUP, as `kill -HUP` does, and waits for the reload. */
async function hangup({ configuration, publish }: ActionParts): Promise<string> {
  if (process.platform === 'win32')
    throw new ActionInputError(501, 'Windows has no SIGHUP that a process can send itself')
  const reloaded = configuration.nextReload()
  process.kill(process.pid, 'SIGHUP')
  await reloaded
  publish()
  if (configuration.problem !== null) throw new ActionInputError(422, configuration.problem)
  return `SIGHUP: the configuration was reloaded; it is version ${configuration.version} now.`
}

function integer(
  input: Readonly<Record<string, unknown>>,
  name: string,
  usual: number,
  least: number,
  most: number,
): number {
  const value = input[name] ?? usual
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw new ActionInputError(400, `"${name}" is a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`)
}
