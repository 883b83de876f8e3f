import { clock, count, duration } from '../format.ts'
import type { SlowCallback, SlowFigures } from '../wire.ts'
import { Figure, Panel } from './panel.tsx'

/** The last callbacks that held the loop, and where they stood. */
export function SlowCallbacks({
  slow: { threshold, count: all, duration: total, last, stacks },
}: {
  slow: SlowFigures
}) {
  const aside = (
    <>
      <Figure name="slow">{count(all)}</Figure> so far, {duration(total)} in all
    </>
  )
  return (
    <Panel id="slow" title="Slow callbacks" aside={aside}>
      {last.length === 0 ? <p class="empty">Nothing has held the loop for more than {threshold} ms.</p> : null}
      <ol class="slow-list">
        {last.map((each) => (
          <Slow key={each.id} slow={each} />
        ))}
      </ol>
      {stacks === 'on' ? null : <p class="foot">Stacks cannot be taken here.</p>}
    </Panel>
  )
}

function Slow({ slow: { at, duration: ms, kind, name, stack } }: { slow: SlowCallback }) {
  const title = (
    <>
      <strong>{duration(ms)}</strong> {name}{' '}
      <span class="note">
        {kind}, {clock(at)}
      </span>
    </>
  )
  if (stack === null)
    return (
      <li>
        <p class="slow-head">{title}</p>
      </li>
    )
  return (
    <li>
      <details>
        <summary>{title}</summary>
        <pre tabIndex={0} aria-label={`Stack of ${name}`}>
          {stack}
        </pre>
      </details>
    </li>
  )
}
