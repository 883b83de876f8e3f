import type { AsyncResource } from 'node:async_hooks'
import type { Runnable } from '../contracts/observe.ts'
import type { Interest, ReadyEvent, ReadyEvents, Source, Token } from '../contracts/selector.ts'
import { READABLE, WRITABLE } from '../contracts/selector.ts'
import type { AnyFunction } from '../contracts/services.ts'
import { Handle } from './handle.ts'
import type { LoopState } from './loop-state.ts'
import { captureContext } from './loop-state.ts'

interface Entry {
  readonly source: Source
  readonly token: Token
  reader: IoCallback | null
  writer: IoCallback | null
}

interface IoCallback {
  readonly callback: AnyFunction
  readonly args: readonly unknown[]
  /** The AsyncLocalStorage context of the call that set it. */
  readonly context: AsyncResource
  /** The handle of this callback that is in the ready queue, if any. */
  pending: Handle | null
}

/**
 * Which callbacks want to know of which sources: asyncio's rule of one reader and one writer each, replaced when set
 * again.
 */
export class IoRegistry {
  private readonly bySource = new Map<Source, Entry>()
  private readonly byToken = new Map<Token, Entry>()
  private nextToken = 1

  constructor(private readonly state: LoopState) {}

  /** Sources with a reader or a writer. */
  get size(): number {
    return this.bySource.size
  }

  /** Sets the callback of one direction. */
  add(source: Source, interest: Interest, callback: AnyFunction, args: readonly unknown[]): void {
    const known = this.bySource.get(source)
    const wanted: IoCallback = { callback, args, context: captureContext(), pending: null }
    if (known === undefined) {
      const entry: Entry = { source, token: this.nextToken++, reader: null, writer: null }
      this.state.selector.register(source, interest, entry.token)
      this.bySource.set(source, entry)
      this.byToken.set(entry.token, entry)
      setDirection(entry, interest, wanted)
      return
    }
    const before = interestOf(known)
    setDirection(known, interest, wanted)
    const after = interestOf(known)
    if (after !== before) this.state.selector.modify(known.token, after)
  }

  /** Removes the callback of one direction; false when there was none. A handle of it that is ready does not run. */
  remove(source: Source, interest: Interest): boolean {
    const entry = this.bySource.get(source)
    if (entry === undefined || (interestOf(entry) & interest) === 0) return false
    setDirection(entry, interest, null)
    const left = interestOf(entry)
    if (left !== 0) {
      this.state.selector.modify(entry.token, left)
    } else {
      this.state.selector.unregister(entry.token)
      this.bySource.delete(source)
      this.byToken.delete(entry.token)
    }
    return true
  }

  /** Puts the callbacks that events ask for into the ready queue: readers before writers, as asyncio does. */
  dispatch(events: ReadyEvents): void {
    for (const event of events) {
      if (event.run !== undefined) {
        this.state.push(new EventRun(this.state, event))
        continue
      }
      const entry = this.byToken.get(event.token)
      if (entry === undefined) continue
      if ((event.ready & READABLE) !== 0) this.schedule(entry.reader)
      if ((event.ready & WRITABLE) !== 0) this.schedule(entry.writer)
    }
  }

  private schedule(io: IoCallback | null): void {
    if (io === null) return
    io.pending = io.context.runInAsyncScope(makeHandle, null, this.state, io)
    this.state.push(io.pending)
  }
}

/** The I/O of a completion-style event, as one handle. */
class EventRun implements Runnable {
  constructor(
    private readonly state: LoopState,
    private readonly event: ReadyEvent,
  ) {}

  run(): void {
    try {
      this.event.run!()
    } catch (exception) {
      this.state.report({ message: 'Exception in an I/O handler', exception, handle: this.event })
    }
  }
}

function makeHandle(state: LoopState, { callback, args }: IoCallback): Handle {
  return new Handle(state, callback, args.length, args[0], args.length > 1 ? args : null)
}

function interestOf(entry: Entry): Interest {
  return (entry.reader === null ? 0 : READABLE) | (entry.writer === null ? 0 : WRITABLE)
}

function setDirection(entry: Entry, interest: Interest, io: IoCallback | null): void {
  if (interest === READABLE) {
    entry.reader?.pending?.cancel()
    entry.reader = io
  } else {
    entry.writer?.pending?.cancel()
    entry.writer = io
  }
}
