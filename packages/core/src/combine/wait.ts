import { checkList, checkTime } from '../base/checks.ts'
import type { TimerHandle } from '../turn/handle.ts'
import { startTimer } from '../turn/handle.ts'
import type { LoopState } from '../turn/loop-state.ts'
import { requireRunning } from '../turn/running.ts'
import type { Awaitable, Coroutine } from '../task/awaitable.ts'
import { coroutine } from '../task/coroutine.ts'
import { checkSameLoop } from '../task/ensure-future.ts'
import { Future } from '../task/future.ts'
import { Joining } from './joining.ts'

/** When {@link wait} returns. */
export type ReturnWhen = 'FIRST_COMPLETED' | 'FIRST_EXCEPTION' | 'ALL_COMPLETED'

const RETURN_WHEN: readonly ReturnWhen[] = ['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED']

/** Options of {@link wait}. */
export interface WaitOptions {
  /** Milliseconds after which it returns in any case. */
  readonly timeout?: number
  /** 'ALL_COMPLETED' by default. */
  readonly returnWhen?: ReturnWhen
}

/** The outcome of {@link wait}: nothing is cancelled, and no error is thrown. */
export interface Waited<F extends Future> {
  readonly done: Set<F>
  readonly pending: Set<F>
}

/**
 * Waits until the futures or tasks are done, or the first of them, as `returnWhen` says.
 * Throws TypeError for anything but futures (make tasks of coroutine functions first), RangeError for an empty list.
 */
export function wait<F extends Future>(items: Iterable<F>, options: WaitOptions = {}): Awaitable<Waited<F>> {
  checkList(items, 'wait')
  const futures = new Set(items)
  const returnWhen = options.returnWhen ?? 'ALL_COMPLETED'
  if (futures.size === 0) throw new RangeError('wait needs at least one future')
  if (!RETURN_WHEN.includes(returnWhen)) {
    throw new RangeError(`returnWhen must be one of ${RETURN_WHEN.join(', ')}, not ${String(returnWhen)}`)
  }
  for (const future of futures) {
    if (!(future instanceof Future))
      throw new TypeError('wait takes futures and tasks; use createTask or ensureFuture first')
  }
  if (options.timeout !== undefined) checkTime(options.timeout, 'the timeout of wait')
  const state = requireRunning('wait()')
  for (const future of futures) checkSameLoop(future, state)
  return coroutine(waiting(state, futures, options.timeout, returnWhen))
}

function* waiting<F extends Future>(
  state: LoopState,
  futures: Set<F>,
  timeout: number | undefined,
  returnWhen: ReturnWhen,
): Coroutine<Waited<F>> {
  const enough = (future: Future): boolean =>
    returnWhen === 'FIRST_COMPLETED' || (returnWhen === 'FIRST_EXCEPTION' && !future.cancelled() && !future.succeeded)

  const waiter = new Joining<undefined>(state, 'wait()', () => futures)
  const timer = timeout === undefined ? null : releaseAfter(state, timeout, waiter)
  let unfinished = futures.size
  const onDone = (future: Future): void => {
    unfinished--
    if (unfinished > 0 && !enough(future)) return
    timer?.cancel()
    release(waiter)
  }
  for (const future of futures) future.addDoneCallback(onDone)
  try {
    yield* waiter
  } finally {
    timer?.cancel()
    for (const future of futures) future.removeDoneCallback(onDone)
  }
  const waited: Waited<F> = { done: new Set(), pending: new Set() }
  for (const future of futures) waited[future.done() ? 'done' : 'pending'].add(future)
  return waited
}

/** Ends a waiter unless it is done. */
export function release(waiter: Future<undefined>): void {
  if (!waiter.done()) waiter.setResult(undefined)
}

/** Ends a waiter in `ms` milliseconds. */
function releaseAfter(state: LoopState, ms: number, waiter: Future<undefined>): TimerHandle {
  return startTimer(state, state.clock.now() + ms, release, waiter)
}
