import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { SPAN } from '../history.ts'
import { useDark } from '../use-dark.ts'

/** Height in CSS pixels: flat enough for five in a row. */
const HEIGHT = 68

/** Width of the axis of values in CSS pixels; `.axis` of the style sheet begins there. */
const AXIS = 38

interface Props {
  readonly label: string
  readonly times: readonly number[]
  readonly values: readonly (number | null)[]
  readonly show: (value: number) => string
  /** A label of the axis, for which there is little room. */
  readonly tick: (value: number) => string
}

/** Seconds that charts show, and what their left end is called: the shortest that holds all samples is taken. */
const SPANS = [
  { seconds: 30, name: '30 s ago' },
  { seconds: 60, name: '1 min ago' },
  { seconds: SPAN / 1000, name: '2 min ago' },
] as const

const spanFor = (seconds: number) => SPANS.find((span) => span.seconds >= seconds) ?? SPANS[2]

/** A line over the last two minutes, or as long as there are samples; newest at the right. The canvas is drawn by uPlot; its text form is its label. */
export function TimeChart({ label, times, values, show, tick }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const dark = useDark()

  useEffect(() => {
    const element = host.current!
    const made = (chart.current = new uPlot(optionsFor(element, tick), [[], []], element))
    const watcher = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: HEIGHT })
    })
    watcher.observe(element)
    return () => {
      watcher.disconnect()
      made.destroy()
      chart.current = null
    }
  }, [dark])

  useEffect(() => {
    const now = times.at(-1) ?? 0
    chart.current?.setData([times.map((at) => (at - now) / 1000), [...values]])
  }, [times, values, dark])

  const { name } = spanFor(((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000)
  return (
    <div class="chart" role="img" aria-label={describe(label, values, show)}>
      <div class="canvas" ref={host} />
      <p class="axis" aria-hidden="true">
        <span>{name}</span>
        <span>now</span>
      </p>
    </div>
  )
}

function describe(label: string, values: Props['values'], show: Props['show']): string {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return `${label}: nothing yet`
  return `${label} over the last two minutes: from ${show(Math.min(...known))} to ${show(Math.max(...known))}`
}

function optionsFor(element: HTMLElement, tick: (value: number) => string): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [6, 4, 6, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { time: false, range: (_chart, oldest) => [-spanFor(-oldest).seconds, 0] },
      // From zero, so that a small change of a large number looks small; never empty.
      y: { range: (_chart, _least, most) => [0, most > 0 ? most * 1.15 : 1] },
    },
    axes: [
      { ...axis, show: false },
      { ...axis, size: AXIS, gap: 4, space: 24, values: (_chart, ticks) => ticks.map(tick) },
    ],
    series: [{}, { stroke: colour('--accent'), fill: colour('--accent-soft'), width: 1.5, points: { show: false } }],
  }
}
