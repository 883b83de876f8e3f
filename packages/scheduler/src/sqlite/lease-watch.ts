import type { Clock } from '@loop/core'
import type { OccurrenceRow } from './schema.ts'

/** Since when a lease has looked the same. */
interface Sighting {
  readonly state: string
  readonly since: number
}

/** Finds the leases that have not been renewed for a lease time, by watching them on one's own clock. */
export class LeaseWatch {
  private sightings = new Map<string, Sighting>()

  constructor(
    private readonly clock: Clock,
    private readonly leaseMs: number,
  ) {}

  /** Of the leases there are now, those that have looked the same for a lease time. */
  expired(rows: readonly OccurrenceRow[]): OccurrenceRow[] {
    const now = this.clock.now()
    const before = this.sightings
    this.sightings = new Map()
    return rows.filter((row) => {
      const state = `${row.owner} ${row.turn} ${row.beat}`
      const known = before.get(row.key)
      const sighting = known?.state === state ? known : { state, since: now }
      this.sightings.set(row.key, sighting)
      return now - sighting.since >= this.leaseMs
    })
  }
}
