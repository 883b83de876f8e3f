import type { Interest, Pollable, Source } from '../contracts/selector.ts'
import { READABLE, WRITABLE } from '../contracts/selector.ts'

/**
 * A one-way pipe whose ends a selector can watch: over memory ({@link memoryPipe}), or over descriptors of the system.
 */
export interface TestPipe {
  /** The end to read from. */
  readonly reader: Source
  /** The end to write to. */
  readonly writer: Source
  /** Puts one byte in. The reader is readable afterwards. */
  readonly write: () => void
  /** Takes everything out. The reader is not readable afterwards, unless the writer was closed. */
  readonly read: () => void
  /** Puts bytes in until no more fit. The writer is not writable afterwards. */
  readonly fill: () => void
  /** Closes the writing end: the reader stays readable, as the end of the stream is there to be read. */
  readonly end: () => void
  /** Closes both ends; the test has unregistered them before. */
  readonly close: () => void
}

/** Options of {@link memoryPipe}. */
export interface MemoryPipeOptions {
  /** Bytes that fit; 16 by default. Small, so that tests fill it quickly. */
  readonly capacity?: number
  /** Whether the ends have `onReady` (the default), or can only be polled. */
  readonly notifies?: boolean
}

/** A {@link TestPipe} in memory. */
export function memoryPipe({ capacity = 16, notifies = true }: MemoryPipeOptions = {}): TestPipe {
  let bytes = 0
  let ended = false
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of [...listeners]) listener()
  }
  const end = (poll: (interest: Interest) => Interest): Pollable =>
    notifies
      ? {
          poll,
          onReady(notify) {
            listeners.add(notify)
            return () => {
              listeners.delete(notify)
            }
          },
        }
      : { poll }
  return {
    reader: end((interest) => (bytes > 0 || ended ? interest & READABLE : 0)),
    writer: end((interest) => (bytes < capacity && !ended ? interest & WRITABLE : 0)),
    write() {
      bytes++
      changed()
    },
    read() {
      bytes = 0
      changed()
    },
    fill() {
      bytes = capacity
      changed()
    },
    end() {
      ended = true
      changed()
    },
    close() {
      ended = true
    },
  }
}
