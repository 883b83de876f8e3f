import { painter } from './show.ts'

const say = (text: string): void => {
  console.log(text)
}
const complain = (text: string): void => {
  console.error(text)
}
const [command, ...rest] = process.argv.slice(2)

// Each half is loaded only when it is wanted: the service needs none of the programs, the tour nothing of the service.
if (command === 'serve') {
  const { serve } = await import('./serve/main.ts')
  process.exitCode = await serve(rest, { say, complain })
} else {
  const [{ main }, { loadPrograms }] = await Promise.all([import('./cli.ts'), import('./catalog.ts')])
  const paint = painter(process.stdout.isTTY === true && !process.env['NO_COLOR'])
  process.exitCode = await main(process.argv.slice(2), await loadPrograms(), { say, complain, paint })
}
