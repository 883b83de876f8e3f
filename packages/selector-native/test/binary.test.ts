import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { targets as allTargets } from '../scripts/targets.mjs'
import { sourceHash } from '../scripts/toolchain.mjs'
import type { NativeBinding } from '../src/binding.ts'
import { candidates, loadBinding, usedPath } from '../src/binding.ts'
import * as layout from '../src/engine/layout.ts'

const binding = loadBinding() as NativeBinding
const targets = allTargets as readonly { name: string; largest: number }[]

test('the binary in use was built from the sources that are here; else run: npm run build:native', () => {
  expect(binding.sourceHash).toBe((sourceHash as () => string)())
})

/** A prebuilt binary; the loader's first or only place for a system. */
const prebuilt = (name: string): Buffer => {
  const [platform, arch, library] = name.split('-') as [string, string, string?]
  return readFileSync(candidates(platform, arch)[library === undefined ? 0 : 1]!)
}

/** What a file is for, from its first bytes: format and machine. */
function madeFor(file: Buffer): string {
  if (file.readUInt32BE(0) === 0x7f454c46) return `ELF ${file.readUInt16LE(18).toString(16)}`
  if (file.readUInt32LE(0) === 0xfeedfacf) return `Mach-O ${file.readUInt32LE(4).toString(16)}`
  const header = file.readUInt32LE(0x3c)
  return `${file.toString('latin1', header, header + 2)} ${file.readUInt16LE(header + 4).toString(16)}`
}

/** The machine's numbers in ELF, Mach-O and PE. */
const MACHINES: Record<string, string> = {
  'linux-x64': 'ELF 3e',
  'linux-arm64': 'ELF b7',
  'darwin-x64': 'Mach-O 1000007',
  'darwin-arm64': 'Mach-O 100000c',
  'win32-x64': 'PE 8664',
  'win32-arm64': 'PE aa64',
}

describe.each(targets)('the prebuilt binary for $name', ({ name, largest }) => {
  const file = prebuilt(name)

  test('was built from the sources that are here; else run: npm run build:native -- --all', () => {
    expect(file.includes((sourceHash as () => string)())).toBe(true)
  })

  test('is for that machine, and small', () => {
    expect(madeFor(file)).toBe(MACHINES[name.replace(/-musl$/, '')])
    expect(file.length).toBeLessThan(largest)
  })

  test('needs the C library that its place says, and no file of Node by name', () => {
    expect(file.includes('libc.so.6')).toBe(name === 'linux-x64' || name === 'linux-arm64')
    expect(file.includes('libSystem.B.dylib')).toBe(name.startsWith('darwin'))
    expect(['node.exe', 'libstdc++', 'libgcc_s'].filter((library) => file.includes(library))).toEqual([])
  })

  test('holds no path of the machine that built it', () => {
    expect(/\/(?:home|root|tmp|work|Users|var)\//.exec(file.toString('latin1'))).toBeNull()
  })
})

test('every system that has a binary is one that the loader looks for, and no other folder is shipped', () => {
  const folders = readdirSync(new URL('../prebuilds/', import.meta.url))
  expect(folders.sort()).toEqual(targets.map(({ name }) => name).sort())
})

test('on Linux the binary for glibc is tried before the one for musl', () => {
  const places = candidates('linux', 'arm64').map((path) => path.replaceAll('\\', '/').split('/').at(-2))
  expect(places).toEqual(['linux-arm64', 'linux-arm64-musl'])
  expect(candidates('darwin', 'x64')).toHaveLength(1)
})

test('JavaScript and the addon mean the same numbers', () => {
  const { ConnectionOption, Kind, Operation, SocketOption } = layout
  const operations = Object.entries(Operation).map(([name, value]) => [
    `op${name[0]!.toUpperCase()}${name.slice(1)}`,
    value,
  ])
  expect({
    events: layout.EVENTS,
    queue: layout.QUEUE,
    out: layout.OUT_BYTES,
    slab: layout.SLAB_BYTES,
    slotBits: layout.SLOT_BITS,
    writeMax: layout.WRITE_MAX,
    address: layout.ADDRESS_BYTES,
    peer: layout.PEER_BYTES,
    calls: layout.CALLS.length,
    ...Kind,
    ...(Object.fromEntries(operations) as Record<string, number>),
    ...SocketOption,
    ...ConnectionOption,
  }).toEqual(binding.layout)
})

test('the binary in use lies where the loader says', () => {
  expect(readFileSync(usedPath()).includes(binding.sourceHash)).toBe(true)
})
