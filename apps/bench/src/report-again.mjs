// npm run bench:report: makes the HTML report and the README's facts again from the results of the last complete run.
import { existsSync, readFileSync } from 'node:fs'
import { keep, latest } from './keep.mjs'

if (existsSync(latest)) {
  console.log(`wrote ${keep(JSON.parse(readFileSync(latest, 'utf8')), true).join(', ')}`)
} else {
  console.log('there are no results yet: npm run bench makes them')
  process.exitCode = 1
}
