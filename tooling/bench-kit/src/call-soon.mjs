/** Core's callSoon benchmark on a loop that is there already, for what is measured by what it costs that benchmark. */

/** Calls of a batch, as in core's benchmark. */
const CALLS = 100_000

/** Batches before the first that counts: enough for the JIT. */
export const WARM_UP = 10

/** A callback that does nothing. */
export const nothing = () => {}

/**
 * Nanoseconds a call, of a batch scheduled at once by a task of `loop`.
 * @param {any} loop an EventLoop, which this package does not know
 * @returns {Promise<number>}
 */
export async function callSoonBatch(loop) {
  let began = 0
  await loop.runUntilComplete(async () => {
    const done = loop.createFuture()
    began = performance.now()
    for (let i = 1; i < CALLS; i++) loop.callSoon(nothing)
    loop.callSoon(() => done.setResult())
    await done
  })
  return ((performance.now() - began) * 1e6) / CALLS
}
