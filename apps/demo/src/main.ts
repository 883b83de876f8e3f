import { loadPrograms } from './catalog.ts'
import { main } from './cli.ts'
import { painter } from './show.ts'

process.exitCode = await main(process.argv.slice(2), await loadPrograms(), {
  say: (text) => console.log(text),
  complain: (text) => console.error(text),
  paint: painter(process.stdout.isTTY === true && !process.env['NO_COLOR']),
})
