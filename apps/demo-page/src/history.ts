import type { Snapshot } from './wire.ts'

/** What the charts draw of one moment. */
export interface Sample {
  /** Milliseconds since 1970, by the service's clock. */
  readonly at: number
  /** Turns and handles a second; null before there are two snapshots. */
  readonly turnRate: number | null
  readonly handleRate: number | null
  readonly ready: number
  readonly timers: number
  /** The part of its time in which the thread worked, 0 to 1. */
  readonly busy: number | null
}

/** Milliseconds that the charts reach back. */
export const SPAN = 120_000

/** The samples of the last two minutes; `from` is the snapshot that the next rates are counted from. */
export interface History {
  readonly samples: readonly Sample[]
  readonly from: Snapshot | null
}

export const noHistory: History = { samples: [], from: null }

/**
 * The history with one more snapshot. Those between two regular ones, which an action sends, show what stands in the
 * queues; a rate over so short a time would be noise, so the rates stay as they were. A restart begins anew.
 */
export function remember(history: History, snapshot: Snapshot): History {
  const { samples, from } = history.from?.server.id === snapshot.server.id ? history : noHistory
  const last = samples.at(-1)
  const {
    at,
    loop: { ready, timers },
  } = snapshot
  const regular = from === null || at - from.at >= snapshot.server.every / 2
  const rates =
    from !== null && regular
      ? ratesOf(from, snapshot)
      : { turnRate: last?.turnRate ?? null, handleRate: last?.handleRate ?? null, busy: last?.busy ?? null }
  return {
    samples: [...samples.filter((sample) => sample.at >= at - SPAN), { at, ready, timers, ...rates }],
    from: regular ? snapshot : from,
  }
}

function ratesOf(before: Snapshot, now: Snapshot): Pick<Sample, 'turnRate' | 'handleRate' | 'busy'> {
  const seconds = (now.at - before.at) / 1000
  const active = now.loop.active - before.loop.active
  const idle = now.loop.idle - before.loop.idle
  return {
    turnRate: (now.loop.turns - before.loop.turns) / seconds,
    handleRate: (now.loop.handles - before.loop.handles) / seconds,
    busy: active + idle === 0 ? 0 : active / (active + idle),
  }
}
