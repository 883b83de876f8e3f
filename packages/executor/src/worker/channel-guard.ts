/**
 * Lets Node's own code for the channel of a process run as it was written, whatever a task has replaced.
 *
 * What Node writes to the channel goes through methods that anybody can replace, and half a message would end the
 * program that reads it. So while a message is written, the originals are put back; afterwards the task's are there
 * again. Reading needs less, which is kept on `process` itself.
 */
import * as events from 'node:events'
import { append, defineProperty, getOwnPropertyDescriptor, typedArrayPrototype } from './intrinsics.ts'

interface Original {
  readonly holder: object
  readonly key: PropertyKey
  readonly descriptor: PropertyDescriptor
}

const originals: Original[] = []

function guard(holder: object, keys: readonly PropertyKey[]): void {
  for (const key of keys) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)
    if (descriptor !== undefined) originals.push({ holder, key, descriptor })
  }
}

guard(typedArrayPrototype, ['length', 'byteLength', 'byteOffset', 'buffer', 'set', 'subarray', 'slice', 'fill'])
guard(Buffer, ['concat', 'alloc', 'allocUnsafe', 'from'])
guard(Buffer.prototype, ['writeUInt32BE', 'copy', 'slice'])
guard(Array.prototype, ['push', Symbol.iterator])

/** Runs `part`, which writes to the channel. */
export function withOriginals(part: () => void): void {
  let replaced: Original[] | null = null
  for (let i = 0; i < originals.length; i++) {
    const { holder, key, descriptor } = originals[i]!
    const now = getOwnPropertyDescriptor(holder, key)
    if (now !== undefined && now.value === descriptor.value && now.get === descriptor.get) continue
    if (now !== undefined) append((replaced ??= []), { holder, key, descriptor: now })
    defineProperty(holder, key, descriptor)
  }
  try {
    part()
  } finally {
    for (let i = 0; replaced !== null && i < replaced.length; i++)
      defineProperty(replaced[i]!.holder, replaced[i]!.key, replaced[i]!.descriptor)
  }
}

/** Makes what Node calls for each message that comes in an own method of `process`: those of all emitters can change. */
export function keepReading(): void {
  const { emit, listenerCount } = events.EventEmitter.prototype
  for (const [key, value] of Object.entries({ emit, listenerCount }))
    if (!Object.hasOwn(process, key)) Object.defineProperty(process, key, { value, writable: true, configurable: true })
}
