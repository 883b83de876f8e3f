import { count, duration } from '../format.ts'
import type { PoolFigures } from '../wire.ts'
import { Figure, Panel } from './panel.tsx'

/** The pools: a mark for each place, and what stands in the queue. */
export function Pools({ pools }: { pools: readonly PoolFigures[] }) {
  return (
    <Panel id="pools" title="Workers">
      {pools.map((pool) => (
        <Pool key={pool.name} pool={pool} />
      ))}
    </Panel>
  )
}

function Pool({ pool }: { pool: PoolFigures }) {
  const { name, kind, maxWorkers, workers, idle, running, waiting, succeeded, failed, cancelled, runP50, runMax } = pool
  const state = (place: number): 'busy' | 'idle' | 'none' =>
    place >= workers ? 'none' : place < workers - idle ? 'busy' : 'idle'
  const places = Array.from({ length: maxWorkers }, (_, place) => state(place))
  return (
    <article class="pool" data-pool={name}>
      <h3>{kind === 'threads' ? 'Threads' : 'Processes'}</h3>
      <p class="places" role="img" aria-label={`${workers - idle} of ${maxWorkers} workers busy, ${workers} started`}>
        {places.map((place, index) => (
          <span key={index} class={`place ${place}`} />
        ))}
      </p>
      <dl class="facts">
        <div>
          <dt>running</dt>
          <dd>
            <Figure name={`${name}-running`}>{count(running)}</Figure>
          </dd>
        </div>
        <div>
          <dt>in the queue</dt>
          <dd>
            <Figure name={`${name}-waiting`}>{count(waiting)}</Figure>
          </dd>
        </div>
        <div>
          <dt>done</dt>
          <dd>
            <Figure name={`${name}-done`}>{count(succeeded)}</Figure>
          </dd>
        </div>
        <div>
          <dt>failed</dt>
          <dd>{count(failed)}</dd>
        </div>
        <div>
          <dt>cancelled</dt>
          <dd>{count(cancelled)}</dd>
        </div>
        <div>
          <dt>typical run</dt>
          <dd>{duration(runP50)}</dd>
        </div>
        <div>
          <dt>longest run</dt>
          <dd>{duration(runMax)}</dd>
        </div>
      </dl>
    </article>
  )
}
