// One measurement in a process of its own: node --expose-gc measure.mjs CONTENDER SCENARIO KIND POINT; prints its
// values.
import process from 'node:process'

const [contender, scenario, kind, point] = process.argv.slice(2)
const { measure } = await import(`./measurements/${scenario}.mjs`)
console.log(JSON.stringify(await measure(await import(`./contenders/${contender}.mjs`), kind, JSON.parse(point))))
process.exit(0)
