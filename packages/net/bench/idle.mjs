/**
 * Holds 10,000 connections open, each after one echo, and prints what one of them costs in user space. Needs the built
 * packages, a C compiler, Linux, and twice as many descriptors (ulimit -n).
 *
 *     node bench/idle.mjs [connections]
 */
import { compile, idleMemory } from '../../selector-native/bench/harness.mjs'
import { protocols } from './contenders.mjs'

const connections = Number(process.argv[2] ?? 10_000)
const load = compile('load.c')
for (const { name, command } of protocols(compile).filter(({ name }) => /^(Loop|node:net)/.test(name))) {
  const { bytes } = await idleMemory(load, command('echo'), connections)
  console.log(`${name.padEnd(20)} ${connections} connections, ${bytes.toFixed(0)} bytes each`)
}
