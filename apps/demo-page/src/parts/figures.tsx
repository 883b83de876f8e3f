import { amount, count, duration, percent, short } from '../format.ts'
import type { History, Sample } from '../history.ts'
import type { LoopFigures } from '../wire.ts'
import { Figure } from './panel.tsx'
import { TimeChart } from './time-chart.tsx'

interface Tile {
  readonly name: string
  readonly title: string
  readonly value: (sample: Sample) => number | null
  readonly show: (value: number | null) => string
  readonly foot: (loop: LoopFigures) => string
}

const tiles: readonly Tile[] = [
  {
    name: 'turn-rate',
    title: 'Turns a second',
    value: ({ turnRate }) => turnRate,
    show: amount,
    foot: ({ turns }) => `${count(turns)} so far`,
  },
  {
    name: 'handle-rate',
    title: 'Handles a second',
    value: ({ handleRate }) => handleRate,
    show: amount,
    foot: ({ handles }) => `${count(handles)} so far`,
  },
  {
    name: 'ready',
    title: 'Ready queue',
    value: ({ ready }) => ready,
    show: whole,
    foot: ({ events }) => `${count(events)} I/O events so far`,
  },
  {
    name: 'timers',
    title: 'Timer heap',
    value: ({ timers }) => timers,
    show: whole,
    foot: ({ timersFired }) => `${count(timersFired)} fired so far`,
  },
  {
    name: 'busy',
    title: 'Thread busy',
    value: ({ busy }) => busy,
    show: percent,
    foot: ({ active }) => `worked for ${duration(active)} so far`,
  },
]

/** What the loop does now, and did in the last two minutes. */
export function Figures({ history: { samples }, loop }: { history: History; loop: LoopFigures }) {
  return (
    <section class="tiles" aria-label="The loop now">
      {tiles.map(({ name, title, value, show, foot }) => {
        const values = samples.map(value)
        return (
          <article key={name} class="tile">
            <h2>{title}</h2>
            <p class="big">
              <Figure name={name}>{show(values.at(-1) ?? null)}</Figure>
            </p>
            <TimeChart
              label={title}
              times={samples.map(({ at }) => at)}
              values={values}
              show={show}
              tick={name === 'busy' ? percent : short}
            />
            <p class="foot">
              <Figure name={`${name}-total`}>{foot(loop)}</Figure>
            </p>
          </article>
        )
      })}
    </section>
  )
}

function whole(value: number | null): string {
  return value === null ? '–' : count(value)
}
