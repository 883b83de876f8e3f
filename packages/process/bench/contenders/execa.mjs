/** execa, its output as bytes. */
import { execa } from 'execa'
import { input, measure, scenario } from './programs.mjs'

const ways = {
  true: () => execa('/bin/true', { stdio: 'ignore' }),
  cat: () => execa('/bin/cat', { input, encoding: 'buffer', stderr: 'inherit', stripFinalNewline: false }),
}

await measure(ways[scenario])
