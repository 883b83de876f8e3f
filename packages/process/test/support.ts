import type { EventLoop as Loop, ExceptionContext } from '@loop/core'
import { EventLoop, sleep } from '@loop/core'
import { leakCheck } from '@loop/core/testing'
import { isSupported, NativeSelector } from '@loop/selector-native'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe } from 'vitest'

/** The programs of these tests are those of POSIX systems; what Windows does otherwise stands in the README. */
export const onPosix = process.platform !== 'win32'

/** Long tests in their whole size: `LOOP_LONG=1`. */
export const long = process.env.LOOP_LONG !== undefined

/** Runs a main coroutine on a new loop, and fails on whatever it leaves behind. */
export async function onLoop<T>(main: (loop: Loop) => Promise<T>, make = (): Loop => new EventLoop()): Promise<T> {
  const leaks = leakCheck()
  const loop = leaks.watch(make())
  const result = await loop.runUntilComplete(() => main(loop))
  leaks.check()
  return result
}

const native = isSupported()

/** The loops on which everything is tested. */
export function onEachLoop(behaviour: string, body: (make: () => Loop) => void): void {
  describe.skipIf(!onPosix)(behaviour, () => {
    body(() => new EventLoop())
  })
  const over = native.supported ? native.backends[0]! : null
  if (over === null || !onPosix) describe.skip(`${behaviour}, on the native selector`, () => {})
  else
    describe(`${behaviour}, on ${over}`, () => {
      body(() => new EventLoop({ selector: new NativeSelector({ backend: over }) }))
    })
}

/** Collects what reaches the loop's exception handler, instead of failing the test. */
export function collectErrors(loop: Loop): ExceptionContext[] {
  const errors: ExceptionContext[] = []
  loop.setExceptionHandler((_loop, context) => {
    errors.push(context)
  })
  return errors
}

/** Waits until something is so; the test's own limit of time ends it otherwise. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2)
}

/** Whether a process runs; the dead that nobody has waited for do not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return !existsSync('/proc/self/status')
  }
}

/** Children of this process that have ended and were not waited for. */
export function zombies(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1')
          .replace(/^.*\) /s, '')
          .split(' ')
        return state === 'Z' && Number(parent) === process.pid
      } catch {
        return false
      }
    })
}

/** Open descriptors of this process. */
export const descriptors = (): number => readdirSync('/proc/self/fd').length

/** A folder for the files of a test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'loop-process-'))
  folders.push(path)
  return path
}

const folders: string[] = []
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

export const hasPython = spawnSync('python3', ['-c', 'import asyncio']).status === 0
export const onLinux = process.platform === 'linux'
