// One measurement in a process of its own: node --expose-gc measure.mjs CONTENDER SCENARIO KIND; prints a number or null.
const [contender, scenario, kind] = process.argv.slice(2)
const { measure } = await import(`./scenarios/${scenario}.mjs`)
console.log(JSON.stringify(await measure(await import(`./contenders/${contender}.mjs`), kind)))
process.exit(0)
