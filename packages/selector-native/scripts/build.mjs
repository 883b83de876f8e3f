/**
 * Builds the addon for this machine into prebuilds/<platform>-<arch>[-musl]/. Needs a C compiler and Node's headers,
 * nothing else.
 *
 *     node scripts/build.mjs [--debug] [--out file]
 *
 * In a checkout it builds for all systems, too, as they are shipped; see cross.mjs.
 *
 *     node scripts/build.mjs --all [--check]
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { flags, headers, native, root, sources } from './toolchain.mjs'

/** The newest glibc whose symbols the binary may need: 2.28, which Node 20 itself needs. */
const NEWEST_GLIBC = 28

const { values } = parseArgs({
  options: {
    debug: { type: 'boolean' },
    out: { type: 'string' },
    all: { type: 'boolean' },
    check: { type: 'boolean' },
  },
})

if (values.all) {
  const { buildAll } = await import('./cross.mjs')
  await buildAll({ check: values.check === true })
} else buildHere(values.out ?? join(root, 'prebuilds', here(), 'loop_native.node'))

/** The folder of this machine's binary. */
function here() {
  const glibc = process.report.getReport().header.glibcVersionRuntime
  const musl = process.platform === 'linux' && glibc === undefined ? '-musl' : ''
  return `${process.platform}-${process.arch}${musl}`
}

function buildHere(out) {
  if (process.platform === 'win32')
    throw new Error('Windows has no compiler that goes by the name of cc; its binary is built on Linux, by --all')
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
}

/** A binary made on a new system must load on an old one. */
function checkGlibc(file) {
  const symbols = execFileSync('objdump', ['-T', file], { encoding: 'utf8' })
  const newest = Math.max(...[...symbols.matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1])))
  if (newest > NEWEST_GLIBC && !values.debug)
    throw new Error(`the binary needs glibc 2.${newest}; at most 2.${NEWEST_GLIBC} is allowed`)
}
