import type { ComponentChildren } from 'preact'

/** A part of the page with a heading; `aside` stands opposite to it. */
export function Panel(props: { id: string; title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  const { id, title, aside, children } = props
  return (
    <section class="panel" id={id} aria-labelledby={`${id}-title`}>
      <header class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside === undefined ? null : <p class="aside">{aside}</p>}
      </header>
      {children}
    </section>
  )
}

/** A number that changes: digits of one width, and a name for those who look for it. */
export function Figure({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <span class="figure" data-figure={name}>
      {children}
    </span>
  )
}
