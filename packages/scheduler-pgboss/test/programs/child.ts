import { child } from '../../../scheduler/test/kill/child.ts'
import { PgBossStore } from '../../src/index.ts'

await child(({ store }) => {
  const connection = { connectionString: store, superviseIntervalSeconds: 1, monitorIntervalSeconds: 1, max: 4 }
  return new PgBossStore({ connection, pollMs: 200 })
})
