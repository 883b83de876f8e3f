// How programs tell the runner what came of a check: one line of JSON each.

/**
 * Runs a check and prints its result; a check fails by throwing, or when it has not ended after 20 s.
 * @param {string} name
 * @param {() => unknown} check
 */
export async function report(name, check) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  // The checks take well below a second; 20 s is far beyond what a busy machine adds.
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('not done after 20 s')), 20_000)))
  try {
    await Promise.race([check(), late])
    console.log(JSON.stringify({ name, ok: true }))
  } catch (error) {
    console.log(JSON.stringify({ name, ok: false, problem: String(error) }))
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Throws unless two values are the same as JSON.
 * @param {unknown} actual
 * @param {unknown} expected
 */
export function same(actual, expected) {
  const [is, want] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== want) throw new Error(`expected ${want}, but got ${is}`)
}
