// One measurement in a process of its own: node measure.mjs '{"contender":…,"scenario":…,"options":…}'
const { contender, scenario, options } = JSON.parse(process.argv[2])
const { run } = await import(`./scenarios/${scenario}.mjs`)
const began = performance.now()
const { create } = await import(`./contenders/${contender}.mjs`)
const pool = create(options)
const rate = await run(pool, options, began)
process.stdout.write(`${JSON.stringify(rate)}\n`, () => process.exit(0))
