/**
 * Replays the recorded programs on the built packages; for any runtime, without Python and without building anything.
 *
 *     node tooling/conformance/replay.mjs [--drain public]
 *
 * Ends with code 1 at a difference, after printing the first one.
 */
import { parseArgs } from 'node:util'
import * as core from '@loop/core'
import * as testing from '@loop/core/testing'
import * as sync from '@loop/sync'
import { recorded, recordings } from './src/corpus.mjs'
import { replay } from './src/replay.mjs'
import { describe } from './src/report.mjs'

const { values } = parseArgs({ options: { drain: { type: 'string', default: 'auto' } } })
const subject = { core, testing, sync, drain: /** @type {core.DrainChoice} */ (values.drain) }

let differences = 0
for (const profile of await recordings()) {
  const cases = await recorded(profile)
  for (const form of /** @type {const} */ (['async', 'generator'])) {
    const found = await replay(subject, cases, form)
    differences += found.length
    console.log(
      `${profile}, ${form} form: ${String(cases.length)} recorded programs, ${String(found.length)} differences`,
    )
    if (found[0] !== undefined) console.log(describe(found[0]))
  }
}
process.exit(differences === 0 ? 0 : 1)
