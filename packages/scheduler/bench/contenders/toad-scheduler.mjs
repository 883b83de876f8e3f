import { onFakeHost, onRealHost } from '../fake-host.mjs'

export const name = 'toad-scheduler'

async function load() {
  const { CronJob, SimpleIntervalJob, Task, ToadScheduler } = await import('toad-scheduler')
  const scheduler = new ToadScheduler()
  return {
    cron: (id, cronExpression, fn) => scheduler.addCronJob(new CronJob({ cronExpression }, new Task(id, fn), { id })),
    every: (id, milliseconds, fn) =>
      scheduler.addSimpleIntervalJob(new SimpleIntervalJob({ milliseconds }, new Task(id, fn), { id })),
    stop: () => scheduler.stop(),
  }
}

export const session = onRealHost(load)
export const accelerated = onFakeHost(load)
