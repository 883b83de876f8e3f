// Linux on arm64: its Node, from npm, in qemu's user mode. System calls are this kernel's.

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debian, nodeFor, tools } from './needs.mjs'
import { makeTree } from './tree.mjs'

export const lines = ['node 20']

export const suites = ['selector-native']

/** Where Debian puts the libraries of arm64. */
const LIBRARIES = '/usr/aarch64-linux-gnu'

/**
 * Installs qemu and brings the copy of the checkout up to date.
 * @param {NodeJS.ProcessEnv} env with pnpm on PATH
 * @returns {Promise<string>} the copy
 */
export async function prepareArm64(env) {
  await debian(['qemu-user-static', 'libc6-arm64-cross', 'libstdc++6-arm64-cross', 'libgcc-s1-arm64-cross'])
  const tree = join(tools, 'linux-arm64')
  await makeTree(tree, { os: 'linux', cpu: 'arm64' }, env)
  return tree
}

/**
 * Linux on arm64 with the Node of a line. A kernel that was not told of qemu can't start programs of arm64, so what
 * `process.execPath` names is a script that starts qemu: programs that tests start run in it, too.
 * @param {string} tree
 * @param {string} line
 * @returns {Promise<import('./suites.mjs').System>}
 */
export async function arm64(tree, line) {
  const node = await nodeFor('linux', 'arm64', line)
  mkdirSync(tools, { recursive: true })
  const starter = join(tools, `arm64-${line.replace(' ', '')}`)
  if (!existsSync(starter)) {
    writeFileSync(starter, `#!/bin/sh\nexec qemu-aarch64-static -L ${LIBRARIES} ${node} "$@"\n`)
    chmodSync(starter, 0o755)
  }
  const preload = `data:text/javascript,process.execPath=${encodeURIComponent(JSON.stringify(starter))}`
  return {
    name: 'arm64',
    runtime: `Linux arm64, ${line}`,
    tree,
    scratch: join(tools, `reports-arm64-${line.replace(' ', '')}`),
    command: (args) => [starter, args],
    path: (path) => path,
    env: { NODE_OPTIONS: `--import=${preload}` },
  }
}
