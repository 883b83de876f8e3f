/** Real milliseconds of the cluster with streams. Arguments: POINT. */
import { pointGiven } from '@loop/bench-kit/worker'
import { measure } from './cluster.mjs'

console.log(JSON.stringify({ ms: await measure('streams', pointGiven().minutes) }))
