// How late runs start, in real time: 1,000 jobs that are due at each whole second (cron) or each second (intervals), for
// eight seconds. The 99th percentile of the last five, in milliseconds: in the first three the code is still being compiled.
export const unit = 'ms late (p99)'
const JOBS = 1000
const WARM_UP = 3
const SECONDS = 8

export async function measure(contender, kind) {
  const late = []
  let known = true
  const now = () => performance.timeOrigin + performance.now()
  await contender.session(async (jobs) => {
    known = jobs[kind] !== undefined
    if (!known) return jobs.stop()
    await jobs.wait(1000 - (now() % 1000) + 200)
    const began = now()
    for (let i = 0; i < JOBS; i++) {
      let due = kind === 'cron' ? Math.ceil(now() / 1000) * 1000 : now() + 1000
      jobs[kind](`job-${i}`, kind === 'cron' ? '* * * * * *' : 1000, () => {
        if (due > began + WARM_UP * 1000) late.push(now() - due)
        due += 1000
      })
    }
    await jobs.wait(SECONDS * 1000 + 500)
    await jobs.stop()
  })
  if (!known) return null
  late.sort((a, b) => a - b)
  return late[Math.floor(late.length * 0.99)]
}
