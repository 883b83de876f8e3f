// kqueue: this Linux with an addon whose kqueue backend runs over the stand-in.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../bootstrap/workspace.mjs'
import { flags, headers, native, sources } from '../../packages/selector-native/scripts/toolchain.mjs'
import { tools } from './needs.mjs'

export const suites = ['selector-native']

const binary = join(tools, 'kqueue', 'loop_native.node')

/** Compiles the addon as macOS has it, kqueue and libuv, with kqueue.c in place of the system's. */
export function prepareKqueue() {
  mkdirSync(join(binary, '..'), { recursive: true })
  const standIn = join(native, 'stand-in')
  execFileSync(
    process.env.CC ?? 'cc',
    [
      ...[...flags(headers()), '-O2', '-g', '-shared', '-pthread', '-DLN_HAVE_KQUEUE', `-I${standIn}`, '-o', binary],
      ...[...sources().map((/** @type {string} */ name) => join(native, name)), join(standIn, 'kqueue.c')],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
}

/** @returns {import('./suites.mjs').System} */
export function kqueue() {
  return {
    name: 'kqueue',
    runtime: `kqueue over epoll, Node ${process.versions.node}`,
    tree: root,
    scratch: join(tools, 'reports-kqueue'),
    command: (args) => [process.execPath, args],
    path: (path) => path,
    env: { LOOP_NATIVE_BINARY: binary },
  }
}
