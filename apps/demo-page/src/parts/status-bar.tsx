import type { Link } from '../connection.ts'
import { clock } from '../format.ts'
import type { Snapshot } from '../wire.ts'

const words: Readonly<Record<Link, string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  silent: 'Connected, but nothing comes: the loop is blocked',
  lost: 'Connection lost, trying again',
}

/** The name of the page and how it stands with the service; a change of that is read out, the figures are not. */
export function StatusBar({ link, snapshot, restarts }: { link: Link; snapshot: Snapshot | null; restarts: number }) {
  const since =
    restarts > 0 && snapshot !== null ? `; the service was restarted at ${clock(snapshot.server.startedAt)}` : ''
  const asOf =
    link === 'lost' || link === 'silent'
      ? `. What you see is from ${snapshot === null ? 'nowhere yet' : clock(snapshot.at)}`
      : since
  return (
    <header class="status-bar">
      <h1>Loop, live</h1>
      <p class={`link ${link}`} role="status" data-link={link}>
        <span class="dot" aria-hidden="true" />
        {words[link]}
        {asOf}
      </p>
      {snapshot === null ? null : (
        <p class="aside">
          process {snapshot.server.pid} · {snapshot.server.runtime}
        </p>
      )}
    </header>
  )
}
