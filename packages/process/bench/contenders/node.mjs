/** Nothing but node:child_process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { input, measure, scenario } from './programs.mjs'

const ways = {
  true: () => once(spawn('/bin/true', [], { stdio: 'ignore' }), 'exit'),
  cat: () =>
    new Promise((resolve) => {
      const child = spawn('/bin/cat', [], { stdio: ['pipe', 'pipe', 'inherit'] })
      const pieces = []
      child.stdout.on('data', (piece) => pieces.push(piece))
      child.on('close', () => resolve(Buffer.concat(pieces)))
      child.stdin.end(input)
    }),
}

await measure(ways[scenario])
