import { count } from '../format.ts'
import type { DescriptorFigures, LoopFigures, SelectorFigures } from '../wire.ts'
import { Figure, Panel } from './panel.tsx'
import { type Column, Table } from './table.tsx'

/** What fits on a screen; the rest is counted. */
const MOST = 12

const columns: readonly Column<DescriptorFigures>[] = [
  { head: 'Descriptor', numeric: true, cell: ({ fd }) => (fd === null ? '–' : fd) },
  { head: 'Kind', cell: ({ kind }) => kind },
  { head: 'Where', cell: ({ place }) => <span class="place-name">{place}</span> },
]

/** The selector that the loop waits on, and its descriptors. */
export function SelectorPanel({
  selector: { name, watches, descriptors },
  loop: { events },
}: {
  selector: SelectorFigures
  loop: LoopFigures
}) {
  const more = descriptors.length - MOST
  return (
    <Panel
      id="selector"
      title="Selector"
      aside={
        <>
          <Figure name="events">{count(events)}</Figure> events so far
        </>
      }
    >
      <p>
        <strong class="selector-name" data-figure="selector">
          {name}
        </strong>{' '}
        {watches.length === 0 ? 'does timers; Node does the I/O' : `watches ${watches.join(' and ')}`}
      </p>
      <Table
        label="Descriptors"
        columns={columns}
        rows={descriptors.slice(0, MOST)}
        keyOf={({ fd, kind, place }) => `${kind} ${fd ?? place}`}
        empty="No descriptor is watched: sockets are Node's here."
      />
      {more > 0 ? <p class="foot">and {count(more)} more</p> : null}
    </Panel>
  )
}
