import type { JobStore } from '@loop/scheduler'
import { MemoryStore } from '@loop/scheduler'
import { SqliteStore } from '@loop/scheduler/sqlite'

/** The store that a word on the command line stands for: memory, sqlite:FILE, or a PostgreSQL URL. */
export async function storeFor(choice: string): Promise<JobStore> {
  if (choice === 'memory') return new MemoryStore()
  if (choice.startsWith('sqlite:')) return new SqliteStore({ path: choice.slice('sqlite:'.length) })
  if (/^postgres(ql)?:/.test(choice)) {
    // Loaded here and only here: pg-boss needs Node 22.
    const { PgBossStore } = await import('@loop/scheduler-pgboss')
    return new PgBossStore({ connection: choice })
  }
  throw new RangeError(`--store is memory, sqlite:FILE or postgres://..., not "${choice}"`)
}
