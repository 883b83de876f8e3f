/**
 * A process that runs programs: a line of JSON in, lines of JSON out. It says which program it begins, so that one that
 * ends the process, or keeps it, is known.
 *
 *     node worker.mjs MODULE   where MODULE exports core and sync; the built packages without
 */
import { createInterface } from 'node:readline'
import { generate } from './generate.mjs'
import { Run } from './runtime.mjs'

const module = process.argv[2]
const subject =
  module === undefined || module === ''
    ? { core: await import('@loop/core'), sync: await import('@loop/sync') }
    : await import(module)

const say = (/** @type {unknown} */ line) => process.stdout.write(`${JSON.stringify(line)}\n`)

/**
 * What is wrong with a program. @param {import('./program.mjs').Program} program @param {any} options @returns
 * {Promise<string[]>}
 */
async function outcome(program, options) {
  try {
    return await new Run(subject, program, options).run()
  } catch (error) {
    return [`it cannot be run: ${String(error)}`]
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { from, count, program, options } = JSON.parse(line)
  const total = program === undefined ? count : 1
  for (let index = 0; index < total; index++) {
    say({ begin: from + index })
    const violations = await outcome(
      program ?? generate(from + index, { foreign: options.attribution !== 'handle' }),
      options,
    )
    // What went wrong may be felt by the programs after it: the process ends here.
    if (violations.length > 0) {
      say({ seed: from + index, violations })
      process.exit(0)
    }
  }
  say({ done: total })
}
