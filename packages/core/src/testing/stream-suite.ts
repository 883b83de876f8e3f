import type { StreamIo } from '../contracts/streams.ts'
import type { EventLoop } from '../loop/event-loop.ts'
import { connections } from './stream-suite/connections.ts'
import { datagrams } from './stream-suite/datagrams.ts'
import { flow } from './stream-suite/flow.ts'
import { listening } from './stream-suite/listening.ts'
import { StreamSubject } from './stream-suite/subject.ts'
import type { SuiteOptions, SuiteTest } from './suite.ts'
import { registerCases } from './suite.ts'

/** Runs a body as the main task of a loop over the streams that are tested; fails on what it leaves open. */
export type OnStreams = (body: (on: { loop: EventLoop; streams: StreamIo }) => Promise<void>) => Promise<void>

/**
 * The rules of the `StreamIo` contract as tests, for any implementation. Themes: connections, flow, listening,
 * datagrams.
 *
 * ```ts
 * streamSuite(test, (body) => run(() => body({ loop, streams: loop.selector.streams }), { loopFactory }))
 * ```
 */
export function streamSuite(test: SuiteTest, onStreams: OnStreams, options: SuiteOptions = {}): void {
  registerCases<StreamSubject>(
    test,
    { connections, flow, listening, datagrams },
    (body) =>
      onStreams(async ({ loop, streams }) => {
        await body(new StreamSubject(loop, streams))
      }),
    options,
  )
}
