// The command line over one program that prints something else than it should.
import { main } from '../../src/cli.ts'
import { defineProgram } from '../../src/program.ts'
import { painter } from '../../src/show.ts'

const program = defineProgram({
  id: 'X1',
  section: 'Order',
  title: 'Something else',
  idea: 'Prints two.',
  expected: ['one'],
  async run({ print }) {
    print('two')
  },
})

process.exitCode = await main(process.argv.slice(2), [program], {
  say: (text) => {
    console.log(text)
  },
  complain: (text) => {
    console.error(text)
  },
  paint: painter(false),
})
