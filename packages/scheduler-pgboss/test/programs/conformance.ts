/** The contract of job stores, on a database whose URL is the argument. Runs on its own Node, with node:test. */
import { test } from 'node:test'
import { PgBoss } from 'pg-boss'
import type { JobStore } from '@loop/scheduler'
import { jobStoreSuite } from '@loop/scheduler/testing'
import { PgBossStore } from '../../src/index.ts'

const url = process.env['DATABASE_URL']!
// Looked after by hand, so that leases expire when the test says so and not before.
const connection = (schema: string) => ({ connectionString: url, schema, supervise: false, monitorIntervalSeconds: 1 })
let made = 0
let schema = ''
let keeper: PgBoss

/** A store whose looks for lost leases look after the queues first, as pg-boss does by itself in ordinary use. */
class WatchedStore extends PgBossStore {
  override async take(name: string | null) {
    if (name === null) await keeper.supervise()
    return super.take(name)
  }
}

const open = (): JobStore => new WatchedStore({ connection: connection(schema) })

jobStoreSuite({
  test,
  make: async () => {
    schema = `suite_${++made}`
    keeper = new PgBoss(connection(schema))
    await keeper.start()
    return open()
  },
  another: open,
  expire: async () => {
    await keeper
      .getDb()
      .executeSql(`update "${schema}".job set heartbeat_on = heartbeat_on - interval '1 hour' where state = 'active'`)
  },
  cleanUp: () => keeper.stop({ graceful: false }),
})
