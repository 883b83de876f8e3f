/**
 * What happened, in two forms: a number that stands for all of it, made as it happens, so that an hour of traffic needs
 * no memory; and, when somebody will read it, the entries themselves.
 *
 * The number is FNV-1a over whole numbers of 32 bits: the same on every engine.
 */

/** Something that happened, for people. Times are milliseconds of the world. */
export type TraceEntry =
  | {
      readonly kind: 'message'
      readonly at: number
      /** When it came to its end; undefined when it never did. */
      arrived: number | undefined
      readonly from: string
      readonly to: string
      readonly text: string
      /** Why it never did. */
      lost?: string
    }
  | {
      readonly kind: 'fault' | 'repair' | 'host' | 'note' | 'error'
      readonly at: number
      readonly host: string | null
      readonly text: string
    }

/** The entry of a message that is under way. */
export type MessageEntry = Extract<TraceEntry, { kind: 'message' }>

/** The trace of one run. */
export class Trace {
  readonly entries: TraceEntry[] = []
  private state = 0x811c9dc5

  /** @param keeps Whether entries are kept */
  constructor(readonly keeps: boolean) {}

  /** The number that stands for everything so far, as eight hexadecimal digits. */
  get hash(): string {
    return (this.state >>> 0).toString(16).padStart(8, '0')
  }

  /** Takes a whole number into the hash. */
  mix(value: number): void {
    this.state = Math.imul(this.state ^ value, PRIME)
    this.state = Math.imul(this.state ^ (this.state >>> 15), PRIME)
  }

  /** Takes a time into the hash, to the nanosecond. */
  mixTime(ms: number): void {
    const nanoseconds = Math.round(ms * 1e6)
    this.mix((nanoseconds % 2 ** 32) | 0)
    this.mix(Math.floor(nanoseconds / 2 ** 32) | 0)
  }

  mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.state = Math.imul(this.state ^ text.charCodeAt(i), PRIME)
    this.mix(text.length)
  }

  mixBytes(bytes: Uint8Array): void {
    let { state } = this
    for (let i = 0; i < bytes.length; i++) state = Math.imul(state ^ bytes[i]!, PRIME)
    this.state = state
    this.mix(bytes.length)
  }

  /** Notes something that is seldom enough to be written out. */
  note(kind: Exclude<TraceEntry['kind'], 'message'>, at: number, host: string | null, text: string): void {
    this.mixTime(at)
    this.mixText(text)
    this.remark(kind, at, host, text)
  }

  /** As `note`, for what is no part of the run itself: texts of errors differ between runtimes. */
  remark(kind: Exclude<TraceEntry['kind'], 'message'>, at: number, host: string | null, text: string): void {
    if (this.keeps) this.entries.push({ kind, at, host, text })
  }
}

const PRIME = 0x01000193
