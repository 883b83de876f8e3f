// Milliseconds for occurrences in accelerated time: a thousand jobs that run each second.
const JOBS = 1000
const START = Date.UTC(2026, 0, 1, 12)

export async function measure(contender, kind, { seconds }) {
  let fired = 0
  const elapsed = await contender.accelerated(START, seconds, (jobs) => {
    for (let i = 0; i < JOBS; i++) jobs[kind](`job-${i}`, kind === 'cron' ? '* * * * * *' : 1000, () => void fired++)
  })
  // A library may count the first or the last second in or out; more is missing runs.
  if (Math.abs(fired - JOBS * seconds) > JOBS)
    throw new Error(`${contender.name} fired ${fired} times instead of ${JOBS * seconds}`)
  return { ms: (elapsed / fired) * JOBS * seconds }
}
