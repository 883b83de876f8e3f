import { bytes, clock, count, duration } from '../format.ts'
import type { Snapshot } from '../wire.ts'
import { Figure, Panel } from './panel.tsx'

/** The echo server, the configuration, and what this view costs. */
export function ServicePanel({ snapshot: { echo, configuration, server } }: { snapshot: Snapshot }) {
  const { file, version, loadedAt, settings, problem } = configuration
  return (
    <Panel id="service" title="Service">
      <h3>Echo server at {echo.address}</h3>
      <dl class="facts">
        <div>
          <dt>connections</dt>
          <dd>
            <Figure name="connections">{count(echo.connections)}</Figure>
          </dd>
        </div>
        <div>
          <dt>messages</dt>
          <dd>
            <Figure name="messages">{count(echo.messages)}</Figure>
          </dd>
        </div>
        <div>
          <dt>bytes</dt>
          <dd>{bytes(echo.bytes)}</dd>
        </div>
        <div>
          <dt>there and back</dt>
          <dd>
            <Figure name="round-trip">{duration(echo.roundTrip)}</Figure>
          </dd>
        </div>
      </dl>
      <h3>
        Configuration, version <Figure name="version">{version}</Figure> of {clock(loadedAt)}
      </h3>
      {problem === null ? null : <p class="problem">The last reload failed, these settings stay: {problem}</p>}
      <dl class="facts">
        {Object.entries(settings).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Figure name={`setting-${name}`}>{value}</Figure>
            </dd>
          </div>
        ))}
      </dl>
      <p class="foot path">{file}</p>
      <p class="foot">
        A snapshot every {duration(server.every)} for {count(server.watchers)}{' '}
        {server.watchers === 1 ? 'page' : 'pages'}; the last one took {duration(server.snapshotCost)} of the loop.
      </p>
    </Panel>
  )
}
