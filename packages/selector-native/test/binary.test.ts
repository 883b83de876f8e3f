import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
// @ts-expect-error: a script without types
import { sourceHash } from '../scripts/toolchain.mjs'
import type { NativeBinding } from '../src/binding.ts'
import { binaryPath, loadBinding } from '../src/binding.ts'
import * as layout from '../src/engine/layout.ts'

const binding = loadBinding() as NativeBinding

test('the prebuilt binary was built from the sources that are here; else run: npm run build:native', () => {
  expect(binding.sourceHash).toBe((sourceHash as () => string)())
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

test('it is a small binary that needs nothing but the C library', () => {
  const bytes = readFileSync(binaryPath)
  expect(bytes.length).toBeLessThan(200_000)
  expect(bytes.includes('libstdc++')).toBe(false)
})
