// Milliseconds for 100,000 occurrences in accelerated time: 1,000 jobs that run each second, for 100 seconds.
export const unit = 'ms'
const JOBS = 1000
const SECONDS = 100
const START = Date.UTC(2026, 0, 1, 12)

export async function measure(contender, kind) {
  let fired = 0
  let known = true
  const elapsed = await contender.accelerated(START, SECONDS, (jobs) => {
    known = jobs[kind] !== undefined
    if (!known) return
    for (let i = 0; i < JOBS; i++) jobs[kind](`job-${i}`, kind === 'cron' ? '* * * * * *' : 1000, () => void fired++)
  })
  if (!known) return null
  // A library may count the first or the last second in or out; more is missing runs.
  if (Math.abs(fired - JOBS * SECONDS) > JOBS) throw new Error(`${contender.name} fired ${fired} times instead of ${JOBS * SECONDS}`)
  return (elapsed / fired) * 100_000
}
