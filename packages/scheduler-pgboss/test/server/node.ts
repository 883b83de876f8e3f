import { binaryOf } from '../../../../tooling/runtimes/fetch.mjs'
import { runtimesFor } from '../../../../tooling/runtimes/runtimes.mjs'

/** A Node that pg-boss runs on: this one if it is new enough, else Node 24, fetched on first use. */
export async function nodeForPgBoss(): Promise<string> {
  const [major] = process.versions.node.split('.').map(Number) as [number]
  if (major >= 24) return process.execPath
  const runtime = runtimesFor().find(({ name }) => name === 'node 24')
  if (runtime === undefined) throw new Error('there is no Node 24 for this platform')
  return binaryOf(runtime)
}
