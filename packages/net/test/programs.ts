import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { usedPath } from '../../selector-native/src/binding.ts'
import type { Compiled } from '../../selector-native/test/compiled.ts'
import { compile } from '../../selector-native/test/compiled.ts'
import type { Family } from './support.ts'

/** The packages as programs of their own import them; call `remove` after the tests. */
export const compilePackages = (): Compiled => compile(['core', 'selector-poll', 'selector-native', 'net'])

/** What Node is given to run an ES module; `selector` in it is one of the family. */
export function programArguments(family: Family, source: string): string[] {
  const selector =
    family.backend === undefined
      ? `new (await import('@loop/selector-poll')).PollSelector()`
      : `new (await import('@loop/selector-native')).NativeSelector({ backend: '${family.backend}' })`
  return ['--input-type=module', '-e', `const selector = ${selector}\n${source}`]
}

/** Where it finds the addon. */
export function programEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LOOP_NATIVE_BINARY: usedPath() }
}

/** Starts an ES module in a process of its own. */
export function startProgram(
  { directory }: Compiled,
  family: Family,
  source: string,
  flags: readonly string[] = [],
): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [...flags, ...programArguments(family, source)], {
    cwd: directory,
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
