// One measurement in a process of its own: node measure.mjs CONTENDER MEASUREMENT POINT; prints its values.
const [contender, measurement, given] = process.argv.slice(2)
const point = JSON.parse(given)
const { run } = await import(`./measurements/${measurement}.mjs`)
const began = performance.now()
const { create } = await import(`./contenders/${contender}.mjs`)
const values = await run(create(point), point, began)
process.stdout.write(`${JSON.stringify(values)}\n`, () => process.exit(0))
