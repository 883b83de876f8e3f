import { count, duration } from '../format.ts'
import type { LagBucket, LagFigures } from '../wire.ts'
import { Figure, Panel } from './panel.tsx'

/** How late timers came in the last minute: a column a bucket, each with its count. */
export function LagHistogram({ lag }: { lag: LagFigures }) {
  const { buckets, p50, p99, max } = lag
  const most = Math.max(1, ...buckets.map((bucket) => bucket.count))
  const aside = (
    <>
      p50 <Figure name="lag-p50">{duration(p50)}</Figure> · p99 <Figure name="lag-p99">{duration(p99)}</Figure> ·
      longest <Figure name="lag-max">{duration(max)}</Figure>
    </>
  )
  return (
    <Panel id="lag" title="How late timers come" aside={aside}>
      <ol class="histogram" aria-label="Timers of the last minute by how many milliseconds they were late">
        {buckets.map((bucket, index) => (
          <li key={String(bucket.below)} aria-label={`${rangeOf(buckets, index)} milliseconds: ${bucket.count}`}>
            <span class="tally" data-figure={`lag-${bucket.below ?? 'more'}`}>
              {bucket.count === 0 ? '' : count(bucket.count)}
            </span>
            <span class="room" aria-hidden="true">
              <span
                class={`bar ${(bucket.below ?? Infinity) > 100 ? 'late' : ''}`}
                style={{ height: `${(bucket.count / most) * 100}%` }}
                hidden={bucket.count === 0}
              />
            </span>
            <span class="bound" aria-hidden="true">
              {boundOf(bucket)}
            </span>
          </li>
        ))}
      </ol>
      <p class="foot">
        late by less than so many milliseconds; ten timers a second, the last minute; percentiles since the start
      </p>
    </Panel>
  )
}

const boundOf = ({ below }: LagBucket): string =>
  below === null ? 'more' : below >= 1000 ? `${below / 1000} s` : String(below)

function rangeOf(buckets: readonly LagBucket[], index: number): string {
  const from = index === 0 ? 0 : buckets[index - 1]!.below
  const { below } = buckets[index]!
  return below === null ? `${from} or more` : `${from} to ${below}`
}
