import type { Snapshot } from './wire.ts'

/**
 * How it stands with the service:
 *
 *     connecting ─> live ─> lost ─> live …     the browser tries again by itself
 *                     └──> silent              connected, but nothing comes: the loop is blocked
 */
export type Link = 'connecting' | 'live' | 'silent' | 'lost'

/** What a page hears from the service. */
export interface Listener {
  snapshot(snapshot: Snapshot): void
  link(link: Link): void
}

/**
 * Milliseconds after which the page asks again when the browser has given up, as it does after an answer that is no
 * stream.
 */
const ASK_AGAIN = 2000

/** Milliseconds that a snapshot may be late before the page says so: more than a busy machine is late by. */
const PATIENCE = 2000

/** Watches the service until the function that is returned is called. */
export function watchService(address: string, listener: Listener): () => void {
  let source: EventSource | null = null
  let again: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined

  const open = (): void => {
    source = new EventSource(address)
    source.addEventListener('snapshot', ({ data }: MessageEvent<string>) => {
      const snapshot = JSON.parse(data) as Snapshot
      clearTimeout(silence)
      silence = setTimeout(() => {
        listener.link('silent')
      }, snapshot.server.every + PATIENCE)
      listener.link('live')
      listener.snapshot(snapshot)
    })
    source.addEventListener('error', () => {
      clearTimeout(silence)
      listener.link('lost')
      if (source?.readyState !== EventSource.CLOSED) return
      clearTimeout(again)
      again = setTimeout(open, ASK_AGAIN)
    })
  }

  open()
  return () => {
    source?.close()
    clearTimeout(again)
    clearTimeout(silence)
  }
}
