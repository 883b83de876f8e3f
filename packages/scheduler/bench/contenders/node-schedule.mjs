import { onFakeHost, onRealHost } from '../fake-host.mjs'

export const name = 'node-schedule'

async function load() {
  const { default: schedule } = await import('node-schedule')
  return {
    cron: (id, pattern, fn) => void schedule.scheduleJob(id, pattern, fn),
    stop: () => schedule.gracefulShutdown(),
  }
}

export const session = onRealHost(load)
export const accelerated = onFakeHost(load)
