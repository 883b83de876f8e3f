import { Controls } from './parts/controls.tsx'
import { Figures } from './parts/figures.tsx'
import { Jobs } from './parts/jobs.tsx'
import { LagHistogram } from './parts/lag-histogram.tsx'
import { Pools } from './parts/pools.tsx'
import { SelectorPanel } from './parts/selector-panel.tsx'
import { ServicePanel } from './parts/service-panel.tsx'
import { SlowCallbacks } from './parts/slow-callbacks.tsx'
import { StatusBar } from './parts/status-bar.tsx'
import { TaskTree } from './parts/task-tree.tsx'
import { useActions } from './use-actions.ts'
import { useService } from './use-service.ts'

/** The whole page: the link to the service at the top, then what the newest snapshot says. */
export function App() {
  const { link, snapshot, history, restarts } = useService()
  const actions = useActions()
  return (
    <>
      <StatusBar link={link} snapshot={snapshot} restarts={restarts} />
      <main class={link === 'live' || link === 'connecting' ? '' : 'stale'}>
        <Controls actions={actions} />
        {snapshot === null ? (
          <p class="empty">Waiting for the first snapshot.</p>
        ) : (
          <>
            <Figures history={history} loop={snapshot.loop} />
            <div class="columns">
              <LagHistogram lag={snapshot.lag} />
              <Pools pools={snapshot.pools} />
            </div>
            <Jobs jobs={snapshot.jobs} now={snapshot.at} actions={actions} />
            <div class="columns">
              <TaskTree tasks={snapshot.tasks} />
              <SlowCallbacks slow={snapshot.slow} />
            </div>
            <div class="columns">
              <SelectorPanel selector={snapshot.selector} loop={snapshot.loop} />
              <ServicePanel snapshot={snapshot} />
            </div>
          </>
        )}
      </main>
    </>
  )
}
