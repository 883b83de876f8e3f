// How late runs start, in real time: 1,000 jobs that are due at each whole second (cron) or each second (intervals).
// The median and the 99th percentile in milliseconds; the first seconds do not count, the code is still being compiled
// then.
const JOBS = 1000

export async function measure(contender, kind, { warmUp, seconds }) {
  const late = []
  const now = () => performance.timeOrigin + performance.now()
  await contender.session(async (jobs) => {
    await jobs.wait(1000 - (now() % 1000) + 200)
    const began = now()
    for (let i = 0; i < JOBS; i++) {
      let due = kind === 'cron' ? Math.ceil(now() / 1000) * 1000 : now() + 1000
      jobs[kind](`job-${i}`, kind === 'cron' ? '* * * * * *' : 1000, () => {
        if (due > began + warmUp * 1000) late.push(now() - due)
        due += 1000
      })
    }
    await jobs.wait((warmUp + seconds) * 1000 + 500)
    await jobs.stop()
  })
  late.sort((a, b) => a - b)
  return { p99: late[Math.floor(late.length * 0.99)], p50: late[late.length >> 1] }
}
