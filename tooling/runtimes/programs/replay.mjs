// The recorded programs of the differential fuzzer, with CPython's traces, on the built packages: in both forms of
// coroutine, draining microtasks as the runtime allows and by documented means only.

import * as core from '@loop/core'
import * as testing from '@loop/core/testing'
import { recorded, recordings } from '../../conformance/src/corpus.mjs'
import { replay } from '../../conformance/src/replay.mjs'
import { describe } from '../../conformance/src/report.mjs'
import { report } from './report.mjs'

/** What a loop may be asked for, and how the results call it. */
const drains = /** @type {const} */ ({ auto: 'own drain', public: 'documented means only' })

// The recordings of other packages are replayed by those packages' own tests.
for (const profile of (await recordings()).filter((name) => name === 'core')) {
  const cases = await recorded(profile)
  for (const form of /** @type {const} */ (['async', 'generator'])) {
    for (const drain of /** @type {const} */ (['auto', 'public'])) {
      await report(`${cases.length} recorded programs, ${form} form, ${drains[drain]}`, async () => {
        const differences = await replay({ core, testing, drain }, cases, form)
        if (differences[0] !== undefined) throw new Error(`${differences.length} differ\n${describe(differences[0])}`)
      })
    }
  }
}
