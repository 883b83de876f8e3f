/**
 * The contract of an I/O backend: what the loop asks of a selector, and what a selector answers. Core knows no
 * implementation but the one that only sleeps. Times are milliseconds.
 */
import type { StreamIo } from './streams.ts'

/** What a caller wants to know about a source: bit 1 = readable, bit 2 = writable. */
export type Interest = number
/** The source has something to read, or has ended or failed. */
export const READABLE = 1
/** The source takes a write without blocking, or has failed. */
export const WRITABLE = 2

/**
 * Anything whose readiness TypeScript can ask for: an in-memory pipe, a message port, a socket's buffers.
 *
 * `poll` answers at once with the part of `interest` that is ready. `onReady`, when present, calls `notify` after every
 * change that may have made the source ready and returns the function that stops it; such a source costs nothing idle.
 */
export interface Pollable {
  poll(interest: Interest): Interest
  onReady?(notify: () => void): () => void
}

/** What can be registered with a selector: a file descriptor or a pollable object. */
export type Source = number | Pollable

/** Names one registration; the caller chooses it, the selector hands it back with every event. */
export type Token = number

/** One ready registration: which, and the part of its interest that is ready. */
export interface ReadyEvent {
  readonly token: Token
  readonly ready: Interest
  /**
   * For completion-style backends: runs the I/O that is ready, as one handle of the coming turn; what it throws is
   * reported.
   */
  run?(): void
}

/** The events of one wait, in the order the backend saw them. */
export type ReadyEvents = readonly ReadyEvent[]

/** What a selector can do; everything else answers with a NotSupportedError that names the selector. */
export interface SelectorSupports {
  /** File descriptors can be registered. */
  readonly fd: boolean
  /** {@link Pollable} objects can be registered. */
  readonly pollable: boolean
  /** The selector also carries batched stream I/O (`streams` is set). */
  readonly streams: boolean
  /** @deprecated Nothing reads it; a selector that names it still fits. */
  readonly blocking?: boolean
}

/**
 * The contract of an I/O backend.
 *
 * Rules:
 * - `wait` arms one wait and returns; it never blocks Node's thread. `deliver` is called exactly once per `wait`, from
 *   a macrotask of the host (never from inside `wait`, never from a microtask), after `timeoutMs`, an event or a
 *   `wake`; early is allowed, and an empty list is a valid answer. `null` means no time limit; 0 means as soon as the
 *   host has looked at its own I/O.
 * - A second `wait` before the first delivered is an error of the caller. `close` during a wait cancels it: `deliver`
 *   is not called any more.
 * - `wake` ends the current wait early; with none armed, the next one. Calls merge into one.
 * - An armed wait keeps the process alive.
 * - Registering a source or token twice is an InvalidStateError; `modify` of an unknown token too; `unregister` of one
 *   answers false. A source that is not supported is a NotSupportedError.
 * - No event is delivered for a token after its `unregister` returned.
 */
export interface Selector {
  /** Names the backend: "host", "poll", "epoll", "kqueue", "uv", "io_uring", "memory". */
  readonly name: string
  readonly supports: SelectorSupports
  register(source: Source, interest: Interest, token: Token): void
  modify(token: Token, interest: Interest): void
  unregister(token: Token): boolean
  wait(timeoutMs: number | null, deliver: (events: ReadyEvents) => void): void
  wake(): void
  close(): void
  /** The events that are ready right now, without waiting; asked between turns that run back to back. */
  poll?(): ReadyEvents
  /**
   * As `poll`, for selectors that ask the system cheaply: asked after a turn that served several events, before the
   * loop waits. Their answers are on their way then, and the next are often there before the host has been round once.
   */
  again?(): ReadyEvents
  /** What is registered, for diagnostics. */
  registered?(): readonly Registration[]
  /** Batched stream I/O, when `supports.streams`. */
  readonly streams?: StreamIo
  /** Names and addresses of the network that `streams` is on, where the system's resolver does not know them. */
  readonly resolver?: Resolver
}

/** The names of a network that is not the system's. */
export interface Resolver {
  /**
   * The numeric addresses of a name, of one family or (0) of both; "localhost" is asked for too. Throws as the system's
   * resolver does: an Error with `code` 'ENOTFOUND'.
   */
  lookup(host: string, family: 0 | 4 | 6): readonly { readonly address: string; readonly family: 4 | 6 }[]
  /** The names of a numeric address and a port. Throws as `lookup` does. */
  lookupService(address: string, port: number): { readonly hostname: string; readonly service: string }
}

/** One registration as introspection shows it. */
export interface Registration {
  readonly token: Token
  readonly source: Source
  readonly interest: Interest
}
