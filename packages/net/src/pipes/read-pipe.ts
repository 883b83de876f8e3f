/**
 * The transport of a pipe that is read. Two sources feed it: the loop's selector, which reads within the handle that
 * says that there is something, and a stream of Node, whose calls become handles of the loop first.
 */
import type { EventLoop } from '@loop/core'
import { closeSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { PipeOptions, ReadablePipe, ReadPipeProtocol, ReadTransport } from './contracts.ts'
import { FIRST_OF_OTHERS, openReadable, watchable } from './open-pipe.ts'
import { PipeTransport } from './pipe-transport.ts'

/** Bytes read at a time: what a pipe of Linux holds, and what Node's streams read. */
const PIECE = 64 * 1024
/** Pieces of Node's that may wait for the loop before its reading is stopped: a megabyte, as for sockets. */
const WAITING_PIECES = 16
/** Read into by one descriptor at a time, within a callback. */
let scratch: Buffer | null = null

/** Where the bytes come from. Nothing is delivered before `resume` is called first. */
interface Source {
  pause(): void
  resume(): void
  close(): void
}

/** What a source tells, each in a handle of the loop. */
interface Sink {
  data(bytes: Buffer): void
  eof(): void
  broken(error: Error): void
}

/** See {@link ReadTransport}. */
export class ReadPipe extends PipeTransport<ReadPipeProtocol> implements ReadTransport, Sink {
  private readonly source: Source
  private paused = false
  private reading = false

  /** Takes the pipe over: what arrives is kept from now on, and told once `connectionMade` was called. */
  constructor(loop: EventLoop, pipe: ReadablePipe, protocol: ReadPipeProtocol, io: PipeOptions['io']) {
    const fd = watchable(loop, pipe, io)
    const opened = fd === null ? openReadable(pipe) : null
    super(loop, pipe, protocol)
    this.source = opened === null ? new Watched(loop, fd!, this) : new Streamed(loop, opened.stream, opened.own, this)
  }

  protected started(): void {
    this.loop.callSoon(startReading, this)
  }

  /** @internal */
  startReading(): void {
    this.reading = true
    if (!this.paused && !this.closing) this.source.resume()
  }

  pauseReading(): void {
    if (this.closing || this.paused) return
    this.paused = true
    if (this.reading) this.source.pause()
  }

  resumeReading(): void {
    if (this.closing || !this.paused) return
    this.paused = false
    if (this.reading) this.source.resume()
  }

  isReading(): boolean {
    return !this.paused && !this.closing
  }

  close(): void {
    this.breakOff(undefined)
  }

  protected breakOff(error: Error | undefined): void {
    if (this.closing) return
    this.closing = true
    this.source.close()
    this.conclude(error)
  }

  drop(): void {
    this.lost = this.closing = true
    this.source.close()
  }

  // ---------------------------------------------------------------- from the source

  data(bytes: Buffer): void {
    if (this.closing) return
    try {
      this.protocol.dataReceived(bytes)
    } catch (error) {
      this.fail(error, 'dataReceived')
    }
  }

  eof(): void {
    if (this.closing) return
    try {
      this.protocol.eofReceived?.()
    } catch (error) {
      this.fail(error, 'eofReceived')
    }
    this.breakOff(undefined)
  }

  broken(error: Error): void {
    this.breakOff(error)
  }
}

/** A descriptor that the loop's selector watches. */
class Watched implements Source {
  private watching = false
  private closed = false

  constructor(
    private readonly loop: EventLoop,
    private readonly fd: number,
    private readonly sink: Sink,
  ) {}

  resume(): void {
    if (this.watching || this.closed) return
    this.watching = true
    this.loop.addReader(this.fd, readOnce, this)
  }

  pause(): void {
    if (!this.watching) return
    this.watching = false
    if (!this.loop.isClosed()) this.loop.removeReader(this.fd)
  }

  close(): void {
    if (this.closed) return
    this.pause()
    this.closed = true
    if (this.fd >= FIRST_OF_OTHERS) closeSync(this.fd)
  }

  readOnce(): void {
    scratch ??= Buffer.allocUnsafeSlow(PIECE)
    let count: number
    try {
      count = readSync(this.fd, scratch)
    } catch (error) {
      const { code } = error as { code?: string }
      // Another reader of the same pipe was quicker, or a signal came.
      if (code !== 'EAGAIN' && code !== 'EINTR') this.sink.broken(error as Error)
      return
    }
    if (count === 0) this.sink.eof()
    else this.sink.data(Buffer.from(scratch.subarray(0, count)))
  }
}

/** Something that a stream of Node told. */
type Told = Buffer | 'end' | 'close'

/** A stream of Node. Its calls wait in a queue while reading is paused, and become a handle of the loop each. */
class Streamed implements Source {
  private readonly queue: Told[] = []
  private scheduled = 0
  /** Whether anybody wants what is queued. */
  private flowing = false
  private held = true
  private over = false
  private cause: Error | undefined
  private ended = false

  constructor(
    private readonly loop: EventLoop,
    private readonly stream: Readable,
    private readonly own: boolean,
    private readonly sink: Sink,
  ) {
    stream.on('error', this.onError).on('end', this.onEnd).on('close', this.onClose).on('data', this.onData)
    // Before the first look at I/O; a child's end would let what nobody listens to flow away.
    stream.pause()
    // The loop that waits keeps the process alive, pipes alone do not.
    ;(stream as { unref?(): void }).unref?.()
    if (stream.readableEnded) this.onEnd()
    if (stream.destroyed || stream.closed) this.onClose()
  }

  resume(): void {
    if (this.flowing) return
    this.flowing = true
    while (this.scheduled < this.queue.length) this.schedule()
    this.release()
  }

  pause(): void {
    this.flowing = false
    this.hold()
  }

  close(): void {
    if (this.over) return
    this.over = true
    this.queue.length = 0
    const { stream } = this
    stream.off('data', this.onData).off('end', this.onEnd).off('close', this.onClose).off('error', this.onError)
    stream.pause()
    if (!this.own) return
    // Nobody is left to hear of a failure while it is closed.
    stream.on('error', ignore)
    stream.destroy()
  }

  private hold(): void {
    if (this.held) return
    this.held = true
    this.stream.pause()
  }

  private release(): void {
    if (!this.held || this.over || this.queue.length > WAITING_PIECES) return
    this.held = false
    this.stream.resume()
  }

  private readonly onData = (bytes: Buffer | string): void => {
    this.queue.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    // Node lets the streams of a child flow when it has ended, paused or not.
    if (this.held) this.stream.pause()
    else if (this.queue.length > WAITING_PIECES) this.hold()
    if (this.flowing) this.schedule()
  }

  private readonly onEnd = (): void => {
    if (this.ended) return
    this.ended = true
    this.tell('end')
  }

  private readonly onError = (error: Error): void => {
    this.cause ??= error
    this.tell('close')
  }

  private readonly onClose = (): void => {
    // Closed by somebody else, without a word: that is the end, too.
    if (!this.ended) this.tell('close')
  }

  private tell(event: Told): void {
    this.queue.push(event)
    if (this.flowing) this.schedule()
  }

  private schedule(): void {
    if (this.loop.isClosed()) return
    this.scheduled++
    this.loop.callSoon(nextOf, this)
  }

  /** Tells the sink the oldest event. */
  next(): void {
    this.scheduled--
    if (!this.flowing) return
    const event = this.queue.shift()
    if (event === undefined) return
    this.release()
    if (typeof event === 'object') {
      if (event.length > 0) this.sink.data(event)
    } else if (event === 'end' || this.cause === undefined) this.sink.eof()
    else this.sink.broken(this.cause)
  }
}

function startReading(transport: ReadPipe): void {
  transport.startReading()
}

function readOnce(source: Watched): void {
  source.readOnce()
}

function nextOf(source: Streamed): void {
  source.next()
}

function ignore(): void {}
