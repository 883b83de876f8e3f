import { SqliteStore } from '../../src/sqlite/index.ts'
import { child } from './child.ts'

await child(({ store, leaseMs }) => new SqliteStore({ path: store, leaseMs, pollMs: 200 }))
