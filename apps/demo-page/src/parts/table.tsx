import type { ComponentChildren } from 'preact'

/** A column: its heading, what it shows of a row, and whether that is a number. */
export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => ComponentChildren
  readonly numeric?: boolean
}

/**
 * A table that becomes a list of cards on a narrow screen. The roles are written out because a table that is laid out as
 * something else is not a table to screen readers any more.
 */
export function Table<Row>(props: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  empty: string
}) {
  const { label, columns, rows, keyOf, empty } = props
  if (rows.length === 0) return <p class="empty">{empty}</p>
  return (
    <table role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ head, numeric }) => (
            <th key={head} role="columnheader" scope="col" class={numeric ? 'numeric' : ''}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row" data-row={keyOf(row)}>
            {columns.map(({ head, cell, numeric }) => (
              <td key={head} role="cell" data-label={head} class={numeric ? 'numeric' : ''}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
