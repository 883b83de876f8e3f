/**
 * Compiles what cannot be run on this machine:
 * - the kqueue backend, against a stand-in of its header;
 * - everything that Windows would use (the libuv backend), with the MinGW compiler where there is one;
 * - everything for Windows and macOS with their own headers, where there is zig (or the variable ZIG names it);
 * - the declarations of OpenSSL's functions, against the headers that come with Node.
 *
 * This finds wrong names, types and missing parts. It does not show that the code works there.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { flags, headers, native, sources } from './toolchain.mjs'

const directory = mkdtempSync(join(tmpdir(), 'loop-native-portable-'))
let failed = false

function compile(what, compiler, more, names, command = []) {
  if (spawnSync(compiler, [...command, '--version']).error) {
    console.log(`${what}: skipped, there is no ${compiler}`)
    return
  }
  for (const name of names) {
    const { status } = spawnSync(
      compiler,
      [
        ...command,
        ...flags(headers()).filter((flag) => flag !== '-fPIC'),
        ...more,
        '-c',
        join(native, name),
        '-o',
        join(directory, `${basename(name)}.o`),
      ],
      { stdio: 'inherit' },
    )
    failed ||= status !== 0
  }
  console.log(`${what}: ${names.length} files compiled`)
}

compile('kqueue', process.env.CC ?? 'cc', ['-DLN_HAVE_KQUEUE', `-I${join(native, 'stand-in')}`], ['poller_kqueue.c'])
compile('windows', 'x86_64-w64-mingw32-gcc', ['-D_WIN32_WINNT=0x0A00'], sources())
const zig = process.env.ZIG ?? 'zig'
compile('windows, by zig', zig, ['-D_WIN32_WINNT=0x0A00'], sources(), ['cc', '-target', 'x86_64-windows-gnu'])
compile('macos, by zig', zig, [], sources(), ['cc', '-target', 'x86_64-macos.11.0'])
if (existsSync(join(headers(), 'openssl', 'ssl.h')))
  compile('openssl', process.env.CC ?? 'cc', [], ['stand-in/openssl_types.c'])
else console.log('openssl: skipped, this Node came without its headers')
rmSync(directory, { recursive: true })
process.exitCode = failed ? 1 : 0
