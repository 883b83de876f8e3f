import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gather, gracefulShutdown, nativeLoop, run } from '@loop/runtime'
import { startService } from '../src/service.ts'

/** Runs a test against a service on a free port, which ends in order afterwards. */
const withService = (body: (ask: (path: string, sent?: unknown) => Promise<[number, unknown]>) => Promise<void>) =>
  run(
    async () => {
      const shutdown = gracefulShutdown()
      const { server, scheduler, pool, url } = await startService({ port: 0 })
      shutdown.add(pool).add(scheduler).add(server)
      try {
        await body(async (path, sent) => {
          const asked = sent === undefined ? {} : { method: 'POST', body: JSON.stringify(sent) }
          const response = await fetch(url + path, { ...asked, headers: { connection: 'close' } })
          return [response.status, await response.json()]
        })
      } finally {
        shutdown.request()
        await shutdown.wait()
      }
    },
    { loopFactory: nativeLoop },
  )

test('it computes in a thread, and answers others meanwhile', () =>
  withService(async (ask) => {
    const [primes, hello] = await gather([() => ask('/primes?below=1000000'), () => ask('/')])
    assert.deepEqual(primes, [200, { primes: 78498 }])
    assert.deepEqual(hello, [200, { hello: 'world' }])
  }))

test('it takes reminders, and says what is wrong with others', () =>
  withService(async (ask) => {
    assert.equal((await ask('/reminders', { text: 'tea', after: 60_000 }))[0], 202)
    assert.equal((await ask('/reminders', { text: 'tea' }))[0], 400)
    assert.equal((await ask('/primes?below=x'))[0], 400)
    assert.equal((await ask('/nowhere'))[0], 404)
    assert.equal((await ask('/health'))[0], 200)
  }))
