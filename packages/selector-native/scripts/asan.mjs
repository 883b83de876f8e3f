/**
 * Runs the package's tests with the addon built under AddressSanitizer and UndefinedBehaviorSanitizer: every access of
 * freed or foreign memory, and every undefined operation, ends the run with its stack. Leaks are not looked for here,
 * as Node does not free everything at its end; the addon's blocks belong to slots, which the tests see closed.
 *
 *     node scripts/asan.mjs [arguments of vitest]
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './toolchain.mjs'

const directory = mkdtempSync(join(tmpdir(), 'loop-native-asan-'))
const binary = join(directory, 'loop_native.node')
const reports = join(directory, 'report')
const compiler = process.env.CC ?? 'cc'
const library = (name) => execFileSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()

execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--debug', '--out', binary], { stdio: 'inherit' })
const { status } = spawnSync(
  process.execPath,
  [join(root, '..', '..', 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      LOOP_NATIVE_BINARY: binary,
      LD_PRELOAD: [library('libasan.so'), library('libubsan.so')].join(' '),
      ASAN_OPTIONS: `detect_leaks=0:log_path=${reports}:halt_on_error=1:allocator_may_return_null=1`,
      UBSAN_OPTIONS: `print_stacktrace=1:halt_on_error=1:log_path=${reports}`,
    },
  },
)
const found = readdirSync(directory).filter((name) => name.startsWith('report'))
for (const name of found) console.error(readFileSync(join(directory, name), 'utf8'))
rmSync(directory, { recursive: true })
if (found.length > 0) throw new Error(`${found.length} processes reported errors of memory`)
console.log('no error of memory was reported')
process.exitCode = status ?? 1
