import { useEffect, useReducer } from 'preact/hooks'
import type { Link } from './connection.ts'
import { watchService } from './connection.ts'
import type { History } from './history.ts'
import { noHistory, remember } from './history.ts'
import type { Snapshot } from './wire.ts'

/** What the page knows of the service. */
export interface Known {
  readonly link: Link
  readonly snapshot: Snapshot | null
  readonly history: History
  /** How often another process answered than before: the service was restarted. */
  readonly restarts: number
}

const nothing: Known = { link: 'connecting', snapshot: null, history: noHistory, restarts: 0 }

function next(known: Known, news: { readonly link: Link } | { readonly snapshot: Snapshot }): Known {
  if ('link' in news) return news.link === known.link ? known : { ...known, link: news.link }
  const { snapshot } = news
  const restarted = known.snapshot !== null && known.snapshot.server.id !== snapshot.server.id
  return {
    ...known,
    snapshot,
    history: remember(known.history, snapshot),
    restarts: known.restarts + Number(restarted),
  }
}

/** Watches the service for as long as the component stands. */
export function useService(): Known {
  const [known, tell] = useReducer(next, nothing)
  useEffect(
    () =>
      watchService('/api/events', {
        snapshot: (snapshot) => {
          tell({ snapshot })
        },
        link: (link) => {
          tell({ link })
        },
      }),
    [],
  )
  return known
}
