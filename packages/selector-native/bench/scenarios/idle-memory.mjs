import { compare, idleMemory } from '../harness.mjs'
import { table } from '../report.mjs'

const CONNECTIONS = 5000

/** Memory of an idle connection in user space, at 5,000, each after one echo. */
export async function run({ load, contenders, rounds }) {
  const taking = contenders.filter(({ name }) => name !== 'StreamIo busy')
  const medians = await compare(taking, rounds, ({ command }) => idleMemory(load, command('echo'), CONNECTIONS))
  return [
    `### Memory of an idle connection at ${CONNECTIONS}, bytes`,
    table(taking.map(({ name }) => name), [{ label: 'bytes', medians }], ({ bytes }) => bytes.toFixed(0)),
  ]
}
