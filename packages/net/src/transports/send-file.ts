import type { Awaitable, Coroutine, EventLoop } from '@loop/core'
import { coroutine, getRunningLoop, sleep } from '@loop/core'
import { describe } from '@loop/core/lowlevel'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Transport } from '../contracts/protocols.ts'
import { ConnectionLostError, TransportClosedError } from '../contracts/errors.ts'
import { StreamTransport } from './stream-transport.ts'

/** Bytes sent, or read and written, at a time: measured, larger steps gain nothing and smaller ones cost calls. */
const STEP = 256 * 1024

/** Which part of a file. */
export interface SendFileOptions {
  /** Where it begins, in bytes; 0 by default. */
  readonly offset?: number
  /** How many bytes at most; up to the end of the file by default. */
  readonly count?: number
}

/**
 * Writes a file, or a part of it, to a transport, with back-pressure: done with the number of bytes when the last was
 * written. `file` is a path, or a handle of node:fs/promises, which stays open. The system sends it where it can
 * (sendfile(2), over a selector's streams without TLS); elsewhere it is read in the thread pool.
 *
 * ```ts
 * await sendFile(transport, 'page.html')
 * ```
 *
 * Throws TypeError and RangeError for what can be no file or no part of one, TransportClosedError, ConnectionLostError
 * when the connection ends meanwhile, and the system's error of opening or reading.
 */
export function sendFile(
  transport: Transport,
  file: string | URL | FileHandle,
  options: SendFileOptions = {},
): Awaitable<number> {
  if (!(transport instanceof StreamTransport))
    throw new TypeError(`sendFile takes a transport of @loop/net, got ${describe(transport)}`)
  if (!isFile(file))
    throw new TypeError(`sendFile takes a path or an open handle of node:fs/promises, got ${describe(file)}`)
  const { offset = 0, count = Infinity } = options
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`offset is a whole number of bytes from 0, got ${describe(offset)}`)
  if (count !== Infinity && (!Number.isSafeInteger(count) || count < 0))
    throw new RangeError(`count is a whole number of bytes from 0, got ${describe(count)}`)
  if (transport.isClosing()) throw new TransportClosedError('cannot sendFile: the transport is closing')
  return coroutine(sending(getRunningLoop(), transport, file, offset, count))
}

function isFile(file: unknown): boolean {
  if (typeof file === 'string' || file instanceof URL) return true
  if (typeof file !== 'object' || file === null) return false
  const { fd, read } = file as Partial<FileHandle>
  return typeof fd === 'number' && typeof read === 'function'
}

function* sending(
  loop: EventLoop,
  transport: StreamTransport,
  file: string | URL | FileHandle,
  offset: number,
  count: number,
): Coroutine<number> {
  const given = typeof file === 'object' && !(file instanceof URL)
  const handle = given ? file : yield* opening(loop, file)
  let by: { readonly sent: number; readonly over: boolean }
  try {
    by = yield* sendingBySystem(transport, handle, offset, count)
  } catch (error) {
    if (!given) void handle.close().catch(() => {})
    throw error
  }
  if (!by.over) return yield* sendingByReading(loop, transport, handle, given, offset, count, by.sent)
  if (!given) yield* loop.wrap(handle.close())
  return by.sent
}

/** Opens a file; a task that is cancelled meanwhile leaves nothing open. */
function* opening(loop: EventLoop, path: string | URL): Coroutine<FileHandle> {
  const opened = open(path, 'r')
  try {
    return yield* loop.wrap(opened)
  } catch (error) {
    void opened.then((handle) => handle.close()).catch(() => {})
    throw error
  }
}

/**
 * Tells whether that was all, and how much was sent before the system could do no more. The descriptor is asked for
 * each time: the number of a handle that was closed may be another file's.
 */
function* sendingBySystem(
  transport: StreamTransport,
  handle: FileHandle,
  offset: number,
  count: number,
): Coroutine<{ sent: number; over: boolean }> {
  let sent = 0
  while (sent < count) {
    if (transport.isClosing()) throw endedAfter(sent)
    const step = transport.sendFile(handle.fd, offset + sent, Math.min(STEP, count - sent))
    if (step === null) return { sent, over: false }
    if (step === 0) break
    if (step !== 'full') sent += step
    // A fast peer takes it as fast as it is sent; others have their turn between two steps.
    yield* transport.room() ?? sleep(0)
  }
  return { sent, over: true }
}

function endedAfter(sent: number): ConnectionLostError {
  return new ConnectionLostError(`the connection ended after ${sent} bytes of the file were written`)
}

/** Goes on after the `sent` bytes that have left. */
function* sendingByReading(
  loop: EventLoop,
  transport: StreamTransport,
  handle: FileHandle,
  given: boolean,
  offset: number,
  count: number,
  sent: number,
): Coroutine<number> {
  const buffers = [Buffer.allocUnsafe(Math.min(STEP, count)), Buffer.allocUnsafe(Math.min(STEP, count))]
  /** The read that is under way; it must be over before the handle is closed. */
  let reading: Promise<{ bytesRead: number }> | null = null
  const read = (sent: number, turn: number): Promise<{ bytesRead: number }> | null => {
    const length = Math.min(STEP, count - sent)
    if (length === 0) return null
    const begun = handle.read(buffers[turn % 2]!, 0, length, offset + sent)
    begun.catch(() => {})
    return begun
  }
  try {
    reading = read(sent, 0)
    for (let turn = 0; reading !== null; turn++) {
      const { bytesRead } = yield* loop.wrap(reading)
      reading = null
      if (bytesRead === 0) break
      if (transport.isClosing()) throw endedAfter(sent)
      transport.write(buffers[turn % 2]!.subarray(0, bytesRead))
      sent += bytesRead
      // The next piece is read while this one leaves.
      reading = read(sent, turn + 1)
      const room = transport.room()
      if (room !== null) yield* room
    }
    return sent
  } finally {
    const last = Promise.resolve(reading).catch(() => {})
    if (!given) void last.then(() => handle.close()).catch(() => {})
  }
}
