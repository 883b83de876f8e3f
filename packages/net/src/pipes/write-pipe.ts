/** The transport of a pipe that is written to, over a stream of Node. */
import type { EventLoop } from '@loop/core'
import { InvalidStateError, NotSupportedError } from '@loop/core'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { WriteBufferLimits } from '../contracts/protocols.ts'
import { TransportClosedError } from '../contracts/errors.ts'
import { checkBytes } from '../node/node-address.ts'
import { Outgoing } from '../node/outgoing.ts'
import { callProtocol, DEFAULT_LIMITS, waterMarks } from '../base/transport-parts.ts'
import type { WritablePipe, WritePipeProtocol, WriteTransport } from './contracts.ts'
import { openWritable } from './open-pipe.ts'
import { PipeTransport } from './pipe-transport.ts'

/** After as many writes to a broken pipe the program is told, once: asyncio's number. */
const DROPPED_WRITES_REPORTED = 5

/** See {@link WriteTransport}. */
export class WritePipe extends PipeTransport<WritePipeProtocol> implements WriteTransport {
  private readonly stream: Writable
  private readonly own: boolean
  private readonly outgoing: Outgoing
  private limits: WriteBufferLimits = DEFAULT_LIMITS
  private paused = false
  private droppedWrites = 0
  /** `close`, `writeEof` or `abort` was called: writing is the program's mistake from then on. */
  private closedByUs = false
  private cause: Error | undefined
  /** The stream has ended as it was asked to. */
  private finished = false

  /** Takes the pipe over; what is written before `connectionMade` leaves all the same. */
  constructor(loop: EventLoop, pipe: WritablePipe, protocol: WritePipeProtocol) {
    const { stream, own } = openWritable(pipe)
    super(loop, pipe, protocol)
    this.stream = stream
    this.own = own
    this.outgoing = new Outgoing(stream as Socket, this.onProgress)
    stream.on('error', this.onError).on('close', this.onClose)
    ;(stream as { unref?(): void }).unref?.()
    if (stream.destroyed || stream.closed) this.onClose()
  }

  protected started(): void {}

  // ---------------------------------------------------------------- writing

  write(bytes: Uint8Array): void {
    checkBytes(bytes)
    if (this.closedByUs) throw new TransportClosedError('cannot write: the pipe was closed; ask isClosing() first')
    if (this.closing) {
      this.noteDropped()
      return
    }
    if (bytes.length > 0) this.outgoing.write(bytes)
    this.checkFull()
  }

  writeLines(list: Iterable<Uint8Array>): void {
    for (const bytes of list) this.write(bytes)
  }

  flush(): void {
    if (!this.lost) this.outgoing.flush()
  }

  writeEof(): void {
    this.close()
  }

  canWriteEof(): boolean {
    return true
  }

  close(): void {
    this.closedByUs = true
    if (this.closing) return
    this.closing = true
    this.finish()
  }

  abort(): void {
    this.closedByUs = true
    this.breakOff(undefined)
  }

  getWriteBufferSize(): number {
    return this.lost ? 0 : this.outgoing.size
  }

  getWriteBufferLimits(): WriteBufferLimits {
    return this.limits
  }

  setWriteBufferLimits(limits: Partial<WriteBufferLimits> = {}): void {
    this.limits = waterMarks(limits)
    if (!this.closing) this.checkFull()
  }

  /** @internal What a StreamWriter asks for `startTls`. */
  secure(): never {
    throw new NotSupportedError('a pipe carries no TLS')
  }

  protected breakOff(error: Error | undefined): void {
    if (this.lost) return
    this.cause ??= error
    this.letGo()
    this.conclude(this.cause)
  }

  drop(): void {
    if (this.lost) return
    this.outgoing.flush()
    this.lost = this.closing = true
    this.letGo()
  }

  /** Ends the stream after what was written. */
  private finish(): void {
    // The streams of the process itself stay open, and have no end to wait for.
    if (!this.own) {
      this.outgoing.whenEmpty(() => {
        this.breakOff(undefined)
      })
      return
    }
    this.outgoing.finish(() => {
      this.stream.end((error?: Error | null) => {
        // Destroyed by somebody else meanwhile: the end of the stream follows, and says whether bytes were lost.
        if ((error as { code?: string } | null | undefined)?.code === 'ERR_STREAM_DESTROYED') return
        this.finished = (error ?? null) === null
        this.breakOff(this.cause ?? error ?? undefined)
      })
    })
  }

  /** Takes our listeners off, and closes the stream if it is ours to close. */
  private letGo(): void {
    const { stream } = this
    stream.off('error', this.onError).off('close', this.onClose)
    if (!this.own) return
    stream.on('error', ignore)
    // One that has ended closes by itself, when its other direction has, too.
    if (!stream.destroyed && !this.finished) stream.destroy()
  }

  // ---------------------------------------------------------------- from the stream

  private readonly onError = (error: Error): void => {
    this.cause ??= error
    this.breakOff(error)
  }

  private readonly onClose = (): void => {
    if (this.outgoing.lost) {
      this.cause ??= Object.assign(new Error('write EPIPE: the reader of the pipe is gone, with bytes unsent'), {
        code: 'EPIPE',
        syscall: 'write',
      })
    }
    this.breakOff(this.cause)
  }

  private readonly onProgress = (): void => {
    if (!this.paused || this.lost || this.outgoing.size > this.limits.low || this.loop.isClosed()) return
    this.paused = false
    this.loop.callSoon(tellRoom, this)
  }

  /** @internal */
  tellRoom(): void {
    if (!this.lost) callProtocol(this as never, this.loop, 'resumeWriting')
  }

  private checkFull(): void {
    if (this.paused || this.outgoing.size <= this.limits.high) return
    this.outgoing.flush()
    if (this.outgoing.size <= this.limits.high) return
    this.paused = true
    callProtocol(this as never, this.loop, 'pauseWriting')
  }

  private noteDropped(): void {
    this.droppedWrites++
    if (this.droppedWrites !== DROPPED_WRITES_REPORTED) return
    this.loop.callExceptionHandler({
      message: `${DROPPED_WRITES_REPORTED} writes to a pipe that its reader has closed were dropped; stop writing at connectionLost, or ask isClosing()`,
      exception: this.cause ?? new InvalidStateError('the pipe is closed'),
      transport: this,
      protocol: this.protocol,
    })
  }
}

function tellRoom(transport: WritePipe): void {
  transport.tellRoom()
}

function ignore(): void {}
