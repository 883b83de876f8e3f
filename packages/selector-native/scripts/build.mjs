/**
 * Builds the addon for this machine into prebuilds/<platform>-<arch>/. Needs a C compiler and Node's headers, nothing
 * else.
 *
 *     node scripts/build.mjs [--debug] [--out file]
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { flags, headers, native, root, sources } from './toolchain.mjs'

/** The newest glibc whose symbols the binary may need: 2.28, which Node 20 itself needs. */
const NEWEST_GLIBC = 28

const { values } = parseArgs({ options: { debug: { type: 'boolean' }, out: { type: 'string' } } })
const out = values.out ?? join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'loop_native.node')
const optimize = values.debug ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-omit-frame-pointer'] : ['-O2']
const link = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup', '-bundle'] : ['-shared']

mkdirSync(dirname(out), { recursive: true })
execFileSync(
  process.env.CC ?? 'cc',
  [
    ...flags(headers()),
    ...optimize,
    ...link,
    ...(values.debug ? [] : ['-s']),
    '-o',
    out,
    ...sources().map((name) => join(native, name)),
  ],
  { stdio: 'inherit' },
)
if (process.platform === 'linux') checkGlibc(out)
console.log(`${out}: ${statSync(out).size} bytes`)

/** A binary made on a new system must load on an old one. */
function checkGlibc(file) {
  const symbols = execFileSync('objdump', ['-T', file], { encoding: 'utf8' })
  const newest = Math.max(...[...symbols.matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1])))
  if (newest > NEWEST_GLIBC && !values.debug)
    throw new Error(`the binary needs glibc 2.${newest}; at most 2.${NEWEST_GLIBC} is allowed`)
}
