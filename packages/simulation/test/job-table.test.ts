import type { JobStore } from '@loop/scheduler'
import { encodeJson } from '@loop/scheduler'
import { jobStoreSuite } from '@loop/scheduler/testing'
import { describe, test } from 'vitest'
import type { Command } from '../src/jobs/index.ts'
import { JobTable } from '../src/jobs/index.ts'

const LEASE_MS = 3000

/** A store over a table, and the time of both. */
class Database {
  private readonly table = new JobTable(LEASE_MS)
  private owners = 0
  private at = 0

  /** Makes as much time pass as a lease has. */
  expire(): void {
    this.at += LEASE_MS
  }

  store(): JobStore {
    const owner = `owner ${++this.owners}`
    const names = new Set<string>()
    const apply = <T>(command: Command): T => this.table.apply(command, { owner, at: this.at }) as T
    return {
      name: 'table',
      shared: true,
      pollMs: 500,
      renewMs: LEASE_MS / 3,
      open: () => {},
      close: () => {},
      register: (job) => {
        names.add(job.name)
        return apply({ op: 'register', job })
      },
      remove: (name) => apply({ op: 'remove', name }),
      list: (open) => apply({ op: 'list', open }),
      pause: (name, paused) => apply({ op: 'pause', name, paused }),
      rewind: (name, watermark) => apply({ op: 'rewind', name, watermark }),
      offer: (offer) => apply({ op: 'offer', offer }),
      start: (name, scheduledFor) => apply({ op: 'start', name, scheduledFor }),
      take: (name) => apply({ op: 'take', name, names: [...names] }),
      renew: (lease) => apply({ op: 'renew', lease }),
      release: (lease, began) => apply({ op: 'release', lease, began }),
      finish: (lease, record) => apply({ op: 'finish', lease, record }),
      encode: encodeJson,
    }
  }
}

describe('the jobs of a simulated database', () => {
  let database = new Database()
  jobStoreSuite({
    test,
    make: () => {
      database = new Database()
      return database.store()
    },
    another: () => database.store(),
    expire: () => {
      database.expire()
    },
  })
})
